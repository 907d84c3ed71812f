/** An engine that is killed in the middle of a text, with the tasks as they are and a real server as the engine. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { Celery } from '@voice-pocket/celery'
import { Engines } from '../../src/engines/engines.ts'
import { loadEngine } from '../../src/engines/index.ts'
import type { EnginePlan } from '../../src/engines/plan.ts'
import { InvalidVoiceError } from '../../src/exceptions.ts'
import { SqliteRecordStore } from '../../src/records/sqlite.ts'
import { Records } from '../../src/records.ts'
import { PartCache } from '../../src/speech/part-cache.ts'
import { JOIN_SPEECH, SPEAK_PART, TEXT_TO_SPEECH } from '../../src/speech-task.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { joinSpeechTask } from '../../src/tasks/join-speech.ts'
import { speakPartTask } from '../../src/tasks/speak-part.ts'
import { textToSpeech } from '../../src/tasks/text-to-speech.ts'
import { type Tools, WHEN_STORAGE_FAILS } from '../../src/tasks/tools.ts'
import { openLexicons } from '../../src/text/open-lexicons.ts'
import { Examiner } from '../../src/voices/examiner.ts'
import { PreparedVoices } from '../../src/voices/prepared-voices.ts'
import { RecordingStore } from '../../src/voices/recording-store.ts'
import { Synths } from '../../src/voices/synths.ts'
import { VoiceRegistry } from '../../src/voices/voice-registry.ts'
import { VoiceStore } from '../../src/voices/voice-store.ts'
import { collect } from '../collect.ts'
import { OpenAiServer } from '../engines/openai-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const EMAIL = 'reader@example.com'
const SENTENCES = 80
const BOOK = Array.from({ length: SENTENCES }, (_, i) => `Sentence ${i + 1} of a book.`).join(' ')
/** As the service, but without the pauses between two tries. */
const AT_ONCE = {
  bind: true,
  ...WHEN_STORAGE_FAILS,
  retryBackoff: false,
  retryKwargs: { countdown: 0 },
} as const

/** `beforeSentence` is told how many sentences were begun. */
async function open(
  t: TestContext,
  servers: Readonly<Record<string, OpenAiServer>>,
  beforeSentence: (begun: number) => Promise<void>,
) {
  const folder = await temporaryFolder(t)
  const storage = new FilesystemStorage(folder)
  const records = new Records(new SqliteRecordStore(`sqlite:///${folder}/index.sqlite`))
  const voices = new VoiceRegistry(records)
  const plans = Object.entries(servers).map(([name, { baseUrl }]) => ({
    name,
    source: 'openai',
    options: { baseUrl, retries: 0, voices: ['one'] },
  }))
  const passedOver: string[] = []
  const warn = (message: string) => void passedOver.push(message)
  let begun = 0
  const load = async ({ source, options }: EnginePlan) => {
    const engine = await loadEngine(source, options)
    const synthesize = engine.synthesize.bind(engine)
    engine.synthesize = async (...sentence) => {
      begun += 1
      await beforeSentence(begun)
      return synthesize(...sentence)
    }
    return engine
  }
  const tools: Tools = {
    engines: new Engines(plans, { warm: 2, limitMs: 10_000, warn, load }),
    storage,
    voices,
    synths: new Synths({
      registry: voices,
      recordings: new RecordingStore(storage, new Examiner()),
      prepared: new PreparedVoices(records),
      profiles: new VoiceStore(storage),
    }),
    records,
    lexicons: await openLexicons({ lexicon: '' }, records),
    cache: new PartCache({ storage, records, maxBytes: 0 }),
    maxTextLength: 10_000,
    language: 'en',
  }
  const app = new Celery('tasks', { brokerUrl: `memory://${randomUUID()}`, resultBackend: 'cache+memory://' })
  t.after(async () => {
    await app.close()
    await tools.engines.close()
    await records.close()
  })
  app.task(
    TEXT_TO_SPEECH,
    textToSpeech(async () => tools),
    AT_ONCE,
  )
  app.task(
    SPEAK_PART,
    speakPartTask(async () => tools),
    AT_ONCE,
  )
  app.task(
    JOIN_SPEECH,
    joinSpeechTask(async () => tools),
    AT_ONCE,
  )
  const ask = (text = BOOK) =>
    app.sendTask(TEXT_TO_SPEECH, { kwargs: { uuid: randomUUID(), email: EMAIL, text } })
  return { app, ask, storage, passedOver }
}

test('a text whose engine is killed in the middle fails, and is spoken by no two; the next is spoken by the other', async (t) => {
  const first = await OpenAiServer.start()
  await using second = await OpenAiServer.start()
  const { app, ask, storage, passedOver } = await open(t, { first, second }, async (begun) => {
    if (begun === SENTENCES / 2) await first[Symbol.asyncDispose]()
  })
  await using worker = await app.worker({ pool: 'async', concurrency: 2 })
  await worker.start()
  const lost = await ask()
  await assert.rejects(lost.get(), (error: Error) => {
    assert.equal(error.name, 'EngineUnavailableError')
    assert.match(
      error.message,
      /The engine first was lost in the middle of this text, before part \d+ of \d+/,
    )
    return true
  })
  assert.deepEqual(second.asked, [], 'nothing of it was spoken by another engine')
  const left = (await collect(storage.list(`${EMAIL}/`))).map(({ key }) => key)
  assert.deepEqual(
    left.filter((key) => !key.endsWith('voice.json')),
    [],
  )

  const again = await ask()
  assert.match(String(await again.get()), /\.wav$/)
  assert.equal(second.asked.length, SENTENCES)
  assert.equal(passedOver.length, 1, passedOver.join())
})

test('the next engine speaks when the first finds, as it is to speak, that it has no voice for this', async (t) => {
  await using first = await OpenAiServer.start()
  await using second = await OpenAiServer.start()
  const { app, ask } = await open(t, { first, second }, async (begun) => {
    if (begun === 1) throw new InvalidVoiceError('It speaks in no voice of its own.')
  })
  await using worker = await app.worker({ pool: 'async', concurrency: 2 })
  await worker.start()
  assert.match(String(await (await ask('Hello.')).get()), /\.wav$/)
  assert.deepEqual([first.asked.length, second.asked.length], [0, 1])
})

test('of a long text each engine is asked, too, and what every one of them said is told', async (t) => {
  await using first = await OpenAiServer.start()
  await using second = await OpenAiServer.start()
  const { app, ask } = await open(t, { first, second }, async (begun) => {
    throw new InvalidVoiceError(`Engine ${begun} speaks in no voice of its own.`)
  })
  await using worker = await app.worker({ pool: 'async', concurrency: 2 })
  await worker.start()
  await assert.rejects((await ask()).get(), {
    name: 'InvalidVoiceError',
    message: 'Engine 1 speaks in no voice of its own. Engine 2 speaks in no voice of its own.',
  })
})
