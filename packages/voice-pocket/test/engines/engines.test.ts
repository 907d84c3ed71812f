import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Engine } from '../../src/engines/engine.ts'
import { Engines } from '../../src/engines/engines.ts'
import type { EnginePlan } from '../../src/engines/plan.ts'
import {
  EngineMissingError,
  EngineUnavailableError,
  InvalidVoiceError,
  SynthesisError,
} from '../../src/exceptions.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'

const BOUNDS = { min: 0, max: 2 }
const SETTINGS = { ...DEFAULT_VOICE, language: 'en' }

/** Engines by name, and a note of which were loaded and closed. */
function bench(names: string, changes: Record<string, Partial<Engine> | Error> = {}, warm = 2) {
  const notes: string[] = []
  const load = async ({ name }: EnginePlan): Promise<Engine> => {
    notes.push(`load ${name}`)
    const change = changes[name]
    if (change instanceof Error) throw change
    return {
      name: 'its own name',
      sampleRate: 8000,
      capabilities: {
        languages: ['en'],
        voices: [],
        rate: BOUNDS,
        pitch: BOUNDS,
        range: BOUNDS,
        volume: BOUNDS,
      },
      synthesize: async () => ({ samples: new Int16Array(8), marks: [] }),
      close: async () => void notes.push(`close ${name}`),
      ...change,
    }
  }
  const plans = names.split(',').map((name) => ({ name, source: name, options: {} }))
  const warn = (message: string) => void notes.push(`warn ${message}`)
  const engines = new Engines(plans, { warm, limitMs: 50, warn, load })
  const nameOf = async ({ name }: Engine) => name
  return { engines, notes, nameOf }
}

const say = (engine: Engine) => engine.synthesize('Hello.', SETTINGS)
const unavailable = Object.assign(new Error('No network.'), { code: 'ERR_ENGINE_UNAVAILABLE' })

describe('Engines', () => {
  it('loads an engine once, and gives it the name by which it is asked for', async () => {
    const { engines, notes, nameOf } = bench('a,b')
    assert.deepEqual(notes, [])
    assert.equal(await engines.use('a', nameOf), 'a')
    await Promise.all([engines.use('a', nameOf), engines.use('a', nameOf)])
    assert.deepEqual(notes, ['load a'])
  })

  it('keeps those loaded that were used last, and none longer than others while it speaks', async () => {
    const { engines, notes, nameOf } = bench('a,b,c')
    await engines.use('a', async () => {
      await engines.use('b', nameOf)
      await engines.use('c', nameOf)
      assert.deepEqual(notes, ['load a', 'load b', 'load c', 'close b'])
    })
    await engines.use('b', nameOf)
    assert.deepEqual(notes.slice(4), ['load b', 'close a'])
    await engines.close()
    assert.deepEqual(notes.slice(6).sort(), ['close b', 'close c'])
  })

  it('has the first one speak that can', async () => {
    const { engines, notes } = bench('a,b')
    const spoken = await engines.useFirst({}, async ({ name }) => {
      if (name === 'a') throw new InvalidVoiceError('a does not speak Korean.')
      return name
    })
    assert.equal(spoken, 'b')
    assert.ok(!notes.some((note) => note.startsWith('warn')), 'that is no fault of a')
  })

  it('passes over one that is unavailable, whether it says so by class or by code, and warns', async () => {
    const away = { synthesize: () => Promise.reject(unavailable) }
    const { engines, notes } = bench('a,b,c', { a: away, b: unavailable })
    assert.equal((await engines.useFirst({}, say)).samples.length, 8)
    assert.deepEqual(
      notes.filter((note) => note.startsWith('warn')),
      ['warn The engine a is unavailable: No network.', 'warn The engine b is unavailable: No network.'],
    )
  })

  it('passes over one that cannot be loaded, and tries it again the next time', async () => {
    const { engines, notes, nameOf } = bench('a,b', { a: new Error('No such model.') })
    assert.equal(await engines.useFirst({}, nameOf), 'b')
    assert.equal(await engines.useFirst({}, nameOf), 'b')
    const warning = 'warn The engine a cannot be loaded: Error: No such model.'
    assert.deepEqual(notes, ['load a', warning, 'load b', 'load a', warning])
  })

  it('asks the engine of the voice first, and one that the request names alone', async () => {
    const { engines, nameOf } = bench('a,b', { b: unavailable })
    assert.equal(await engines.useFirst({ first: 'b' }, nameOf), 'a')
    assert.equal(await engines.useFirst({ first: 'gone since' }, nameOf), 'a')
    await assert.rejects(engines.useFirst({ only: 'b' }, nameOf), EngineUnavailableError)
    await assert.rejects(
      engines.useFirst({ only: 'z' }, nameOf),
      /no engine "z" here; it must be one of a, b/,
    )
    await assert.rejects(engines.use('z', nameOf), EngineMissingError)
  })

  it('tries no other engine when the work itself fails', async () => {
    const { engines, notes } = bench('a,b')
    const failure = new SynthesisError('Too difficult.')
    await assert.rejects(
      engines.useFirst({}, () => Promise.reject(failure)),
      failure,
    )
    assert.deepEqual(notes, ['load a'])
  })

  it('says of all why none could; what may pass comes first', async () => {
    const { engines } = bench('a,b')
    const refuse = ({ name }: Engine) => Promise.reject(new InvalidVoiceError(`${name} cannot.`))
    await assert.rejects(engines.useFirst({}, refuse), /^InvalidVoiceError: a cannot\. b cannot\.$/)
    const away = bench('a,b', { a: unavailable, b: new Error('broken') })
    await assert.rejects(away.engines.useFirst({}, refuse), EngineUnavailableError)
  })

  it('takes nothing for an answer only where there is nothing to say, and only sound', async () => {
    const mute = bench('a', { a: { synthesize: async () => ({ samples: new Int16Array(), marks: [] }) } })
    await assert.rejects(mute.engines.use('a', say), /no sound for a sentence that has something to say/)
    const nothing = await mute.engines.use('a', (engine) => engine.synthesize('…', SETTINGS))
    assert.equal(nothing.samples.length, 0)
    const wrong = { synthesize: async () => ({ samples: 'la', marks: [] }) } as unknown as Engine
    await assert.rejects(bench('a', { a: wrong }).engines.use('a', say), /no sound; it must give/)
  })

  it('tells an engine to stop when its time for a sentence is over', async () => {
    const slow: Partial<Engine> = {
      synthesize: async (_sentence, _settings, signal) => {
        const stopped = Promise.withResolvers<never>()
        signal?.addEventListener('abort', () => stopped.reject(signal.reason))
        return stopped.promise
      },
    }
    const { engines } = bench('a', { a: slow })
    await assert.rejects(engines.use('a', say), /took longer than 0\.05 s.*VOICE_POCKET_ENGINE_TIMEOUT/)
    const cancelling = new AbortController()
    const reason = new Error('enough')
    await assert.rejects(
      engines.use('a', (engine) => {
        const speaking = engine.synthesize('Hello.', SETTINGS, cancelling.signal)
        cancelling.abort(reason)
        return speaking
      }),
      reason,
    )
  })
})
