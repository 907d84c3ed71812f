import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { type BoundTask, Celery } from '@voice-pocket/celery'
import { SpeechFiles } from '../../src/speech/speech-files.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { joinSpeechTask } from '../../src/tasks/join-speech.ts'
import type { WholeSpeech } from '../../src/tasks/long-speech.ts'
import type { Tools } from '../../src/tasks/tools.ts'
import { partsIdFor } from '../../src/uuid.ts'
import { collect } from '../collect.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const RATE = 8_000

/** A text of two parts, of which both are spoken. */
async function open(t: TestContext) {
  const storage = new FilesystemStorage(await temporaryFolder(t))
  const app = new Celery('join', { brokerUrl: `memory://${randomUUID()}`, resultBackend: 'cache+memory://' })
  t.after(() => app.close())
  const whole: WholeSpeech = {
    uuid: randomUUID(),
    email: 'minji@example.com',
    requestFrom: 'minji@example.com',
    taskId: randomUUID(),
    key: 'minji@example.com/one.wav',
    parts: 2,
    sentences: 2,
    engine: 'tone',
  }
  const files = new SpeechFiles(storage, whole.key)
  const writePart = (index: number) => {
    const timeline = { durationMs: 1000, sentences: [], marks: [] }
    return files.writePart(index, { samples: new Int16Array(RATE).fill(index), timeline }, RATE)
  }
  for (const index of [0, 1]) await writePart(index)
  const task = joinSpeechTask(async () => ({ storage }) as unknown as Tools)
  const self = { app, request: { signal: new AbortController().signal } } as unknown as BoundTask
  const stored = async () => (await collect(storage.list())).map(({ key }) => key)
  return { whole, backend: await app.backend(), join: () => task(self, whole), stored, writePart }
}

test('the parts become one file; whoever joins again after a crash finds it, and changes nothing', async (t) => {
  const { whole, join, stored } = await open(t)
  for (const _ of ['first', 'again']) {
    assert.equal(await join(), whole.key)
    assert.deepEqual(await stored(), ['minji@example.com/one.json', whole.key])
  }
})

test('of a text that was delivered twice the second is what the first was, though its parts are not all there', async (t) => {
  const { whole, join, stored, writePart } = await open(t)
  await join()
  await writePart(0)
  assert.equal(await join(), whole.key)
  assert.deepEqual(await stored(), ['minji@example.com/one.json', whole.key])
})

test('what went wrong with a part is what is said of the whole, also by whoever says it again after a crash', async (t) => {
  const { whole, backend, join, stored } = await open(t)
  await backend.markAsFailure(partsIdFor(whole.taskId), new RangeError('The engine tone failed.'))
  for (const _ of ['first', 'again']) {
    await assert.rejects(join(), { name: 'RangeError', message: 'The engine tone failed.' })
    assert.deepEqual(await stored(), [])
  }
})
