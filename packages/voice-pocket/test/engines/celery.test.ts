import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type BoundTask, Celery } from '@voice-pocket/celery'
import { readTaskAnswer } from '../../src/engines/celery/answer.ts'
import { createEngine } from '../../src/engines/celery/engine.ts'
import { ConfigError, EngineUnavailableError, SynthesisError } from '../../src/exceptions.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import { Workspace } from '../end-to-end/workspace.ts'
import { engineConformance } from '../engine-conformance.ts'
import { pythonPath, serviceUrl } from '../service-url.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { wavOf } from './fake-sound.ts'
import { startSpeaker } from './python-speaker.ts'
import { pitchOf } from './tone.ts'

const [amqp, redis, python] = [serviceUrl('AMQP_URL'), serviceUrl('REDIS_URL'), pythonPath()]
const skip =
  !(amqp && redis && python) && 'npm test starts RabbitMQ and Redis and makes the Python environment'
const SETTINGS = { ...DEFAULT_VOICE, language: 'en' }

describe('a Python worker that speaks', { skip, timeout: 120_000 }, () => {
  const cleanUp = new AsyncDisposableStack()
  const owner = { after: (end: () => Promise<void>) => void cleanUp.defer(end) }
  let queue = ''

  before(async () => {
    const workspace = await Workspace.open(owner)
    queue = await startSpeaker(workspace, {
      python: String(python),
      brokerUrl: String(amqp),
      resultBackend: String(redis),
    })
  })
  after(() => cleanUp.disposeAsync())

  const options = (more: object = {}) => ({
    brokerUrl: amqp,
    resultBackend: redis,
    queue,
    languages: ['ko', 'en'],
    voices: ['low', 'high'],
    rate: [0.5, 2],
    cloning: 'recording',
    ...more,
  })
  const create = async (more?: object) => cleanUp.use(closing(await createEngine(options(more))))

  engineConformance('the Python example', () => createEngine(options()))

  it('hums in the voice of a recording', async () => {
    const engine = await create()
    const samples = Int16Array.from(
      { length: 24_000 },
      (_, i) => 9000 * Math.sin((2 * Math.PI * 330 * i) / 24_000),
    )
    const reference = { samples, sampleRate: 24_000, transcript: '' }
    const { samples: spoken } = await engine.synthesize('Hello there.', { ...SETTINGS, reference })
    assert.ok(Math.abs(pitchOf(spoken, 24_000) - 330) < 6)
  })

  it('says what the task threw', async () => {
    const engine = await create({ voices: ['nobody'] })
    await assert.rejects(engine.synthesize('Hello.', { ...SETTINGS, name: 'nobody' }), (error) => {
      assert.ok(error instanceof SynthesisError)
      assert.match(error.message, /ValueError.*There is no voice 'nobody'; there are low, high/)
      return true
    })
  })

  it('gives up where no worker takes the sentence, and takes the message back', async () => {
    const lonely = `${queue}.nobody`
    const engine = await create({ queue: lonely, timeout: 0.3 })
    await assert.rejects(engine.synthesize('Hello.', SETTINGS), (error) => {
      assert.ok(error instanceof EngineUnavailableError)
      assert.match(error.message, /voice_pocket\.speak gave no answer within 0\.3 s.*nobody/)
      return true
    })
  })

  it('revokes the task when the sentence is cancelled', async () => {
    const engine = await create({ queue: `${queue}.cancelled`, instructions: true })
    const app = cleanUp.use(new Celery('test', { brokerUrl: String(amqp), resultBackend: String(redis) }))
    const cancelling = new AbortController()
    const reason = new Error('enough')
    const gone = Promise.withResolvers<unknown>()
    const untilRevoked = async (self: BoundTask, _text: string, { ...more }: object = {}) => {
      cancelling.abort(reason)
      await once(self.request.signal, 'abort')
      gone.resolve(more)
    }
    app.task('voice_pocket.speak', untilRevoked, { bind: true })
    await using worker = await app.worker({ pool: 'async', queues: [`${queue}.cancelled`] })
    await worker.start()
    const wanted = { ...SETTINGS, instructions: 'Sing.' }
    await assert.rejects(engine.synthesize('Hello.', wanted, cancelling.signal), reason)
    assert.equal(((await gone.promise) as typeof wanted).instructions, 'Sing.')
  })
})

describe('the celery engine', () => {
  it('refuses a broker that Python cannot reach, and says which it can', async () => {
    const options = { brokerUrl: 'sqlite:///x', resultBackend: 'redis://x', languages: ['en'] }
    await assert.rejects(createEngine(options), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /brokerUrl: must begin with amqp:.*redis:/)
      return true
    })
  })

  it('is unavailable when its broker is', async () => {
    const options = {
      brokerUrl: 'amqp://127.0.0.1:1',
      resultBackend: 'redis://127.0.0.1:1',
      languages: ['en'],
    }
    const engine = await createEngine({ ...options, timeout: 0.5 })
    await assert.rejects(engine.synthesize('Hello.', SETTINGS), EngineUnavailableError)
    await engine.close()
  })
})

describe('the answer of a task', () => {
  it('is sound in base64', async () => {
    const wav = wavOf(Int16Array.of(1, 2))
    assert.deepEqual(await readTaskAnswer({ audio: wav.toString('base64') }, undefined), wav)
  })

  it('is a file in the folder, which is gone when it was read', async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'a.wav'), 'sound')
    assert.equal(String(await readTaskAnswer({ path: 'a.wav' }, folder)), 'sound')
    await assert.rejects(readTaskAnswer({ path: 'a.wav' }, folder), /a\.wav.*ENOENT/)
  })

  it('is nothing else', async () => {
    for (const answer of [null, {}, { audio: '' }, { audio: '%%' }, { audio: 'aGk=', path: 'x' }, 'aGk='])
      await assert.rejects(readTaskAnswer(answer, '/tmp'), SynthesisError, JSON.stringify(answer))
    await assert.rejects(readTaskAnswer({ path: 'a.wav' }, undefined), /no option folder/)
    for (const path of ['../a.wav', '/etc/passwd', '.'])
      await assert.rejects(readTaskAnswer({ path }, '/tmp/x'), /outside/, path)
  })
})

function closing(engine: Awaited<ReturnType<typeof createEngine>>) {
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.close() })
}
