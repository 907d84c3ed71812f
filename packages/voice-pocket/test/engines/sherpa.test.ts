import assert from 'node:assert/strict'
import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { probeEngines } from '../../src/engines/probe.ts'
import { createEngine } from '../../src/engines/sherpa/engine.ts'
import { ModelError } from '../../src/exceptions.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import { engineConformance } from '../engine-conformance.ts'
import { MANIFEST, RATE, writeHummingModel } from '../models/humming-model.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { pitchOf } from './tone.ts'

const isInstalled = (() => {
  try {
    return import.meta.resolve('sherpa-onnx-node') !== ''
  } catch (error) {
    if (process.env.CI) throw error
    return false
  }
})()
const skip = !isInstalled && 'sherpa-onnx-node is not installed'

describe('the sherpa engine', { skip }, () => {
  const cleanUp = new AsyncDisposableStack()
  let models = ''

  before(async () => {
    models = await temporaryFolder(cleanUp)
    await writeHummingModel(join(models, 'hum'))
  })
  after(() => cleanUp.disposeAsync())

  engineConformance('a model made by the test', () => createEngine({ models }))

  it('speaks as its speakers, the first unless told', async () => {
    const engine = await createEngine({ models, model: 'hum' })
    const pitches = []
    for (const name of ['', 'low', 'high']) {
      const { samples } = await engine.synthesize('Hello.', { ...DEFAULT_VOICE, language: 'en', name })
      pitches.push(Math.round(pitchOf(samples, RATE)))
    }
    assert.equal(pitches[0], pitches[1])
    assert.ok(Number(pitches[2]) > Number(pitches[1]) + 30, String(pitches))
  })

  it('is another one when the model was got anew', async (t) => {
    const folder = await temporaryFolder(t)
    await writeHummingModel(join(folder, 'hum'))
    const identity = async () => (await createEngine({ models: folder })).identity
    const before = await identity()
    assert.equal(await identity(), before)
    await utimes(join(folder, 'hum/voice-pocket.json'), 1, 1)
    assert.notEqual(await identity(), before)
  })

  it('is at the rate of its model where the manifest says none', async (t) => {
    const folder = await temporaryFolder(t)
    await writeHummingModel(join(folder, 'hum'), { ...MANIFEST, sampleRate: undefined })
    const engine = await createEngine({ models: folder })
    assert.equal(engine.sampleRate, RATE)
    await engine.close()
  })

  const wrong: readonly (readonly [string, (folder: string) => Promise<unknown>, RegExp])[] = [
    ['has no file of its manifest', (folder) => rm(join(folder, 'tokens.txt')), /tokens\.txt.*ENOENT/],
    ['has an empty file', (folder) => writeFile(join(folder, 'model.onnx'), ''), /model\.onnx.*is empty/],
    [
      'has a file that is no model',
      (folder) => writeFile(join(folder, 'model.onnx'), 'hello'),
      /cannot be loaded/,
    ],
    [
      'is of another rate',
      (folder) => manifest(folder, { sampleRate: 8000 }),
      /8000 Hz, but the model has 16000/,
    ],
    [
      'has fewer speakers',
      (folder) => manifest(folder, { speakers: ['a', 'b', 'c'] }),
      /3 speakers, but .* has 2/,
    ],
    [
      'leads elsewhere',
      (folder) => manifest(folder, { ruleFsts: ['../../etc/passwd'] }),
      /outside of the folder/,
    ],
    ['lacks what its family needs', (folder) => manifest(folder, { family: 'pocket' }), /lmFlow: is needed/],
    ['has no manifest', (folder) => rm(join(folder, 'voice-pocket.json')), /no model: .*voice-pocket\.json/],
  ]
  for (const [what, spoil, says] of wrong) {
    it(`refuses a folder that ${what}`, async (t) => {
      const folder = await temporaryFolder(t)
      await writeHummingModel(join(folder, 'bad'))
      await spoil(join(folder, 'bad'))
      await assert.rejects(createEngine({ models: folder }), (error) => {
        assert.ok(error instanceof ModelError, String(error))
        assert.match(error.message, says)
        return true
      })
    })
  }

  it('costs the process that loads it when the library ends it, and no other', async (t) => {
    const folder = await temporaryFolder(t)
    await writeHummingModel(join(folder, 'bad'))
    await writeFile(join(folder, 'bad/tokens.txt'), 'more than one character 1 2 3\n')
    const config = loadConfig({ VOICE_POCKET_ENGINES: 'sherpa', VOICE_POCKET_MODELS: folder })
    const [report] = await probeEngines(config)
    assert.equal(report?.available, false)
    assert.match(String(report?.reason), /ended its process \((255|SIG[A-Z]+)\).*tokens/s)
  })

  it('says which models there are when none is named', async (t) => {
    const folder = await temporaryFolder(t)
    await assert.rejects(createEngine({ models: folder }), /no model in .*voice-pocket models add/)
    await writeHummingModel(join(folder, 'one'))
    await writeHummingModel(join(folder, 'two'))
    await assert.rejects(createEngine({ models: folder }), /several models.*one, two/)
    assert.equal((await createEngine({ models: folder, model: 'two' })).sampleRate, RATE)
  })
})

function manifest(folder: string, changes: object): Promise<void> {
  return writeFile(join(folder, 'voice-pocket.json'), JSON.stringify({ ...MANIFEST, ...changes }))
}
