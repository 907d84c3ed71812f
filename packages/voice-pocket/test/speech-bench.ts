/** The speech service on real parts (results in memory, index in SQLite, files in a folder), with the test as its worker. */
import type { TestContext } from 'node:test'
import { Celery } from '@voice-pocket/celery'
import { HandlerRegistry, speechHandler } from '../src/handlers.ts'
import type { SpeechRequest } from '../src/messages.ts'
import { SqliteRecordStore } from '../src/records/sqlite.ts'
import { Records } from '../src/records.ts'
import { SqliteIndexStore } from '../src/speech-index/sqlite.ts'
import { SpeechIndex } from '../src/speech-index.ts'
import { SpeechService } from '../src/speech-service.ts'
import { createStorage } from '../src/storage/index.ts'
import { taskIdFor } from '../src/uuid.ts'
import { VoiceRegistry } from '../src/voices/voice-registry.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const UUID = '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10'
export const EMAIL = 'minji@example.com'
export const KEY = `${EMAIL}/${UUID}.wav`
export const REQUEST: SpeechRequest = {
  type: 'ETL',
  uuid: UUID,
  requestFrom: EMAIL,
  requestTo: EMAIL,
  text: 'Hello. World.',
  options: {},
}

export async function openSpeechBench(t: TestContext) {
  const cleanUp = new AsyncDisposableStack()
  t.after(() => cleanUp.disposeAsync())
  const folder = await temporaryFolder(cleanUp)
  const index = cleanUp.use(
    new SpeechIndex(new SqliteIndexStore(`sqlite:///${folder}/index.sqlite`, { expires: 0 })),
  )
  const app = cleanUp.use(new Celery('test', { resultBackend: `memory://${folder}` }))
  const results = await app.backend()
  const storage = await createStorage(`file:${folder}/speech`)
  const started: SpeechRequest[] = []
  const startTask = async (_taskId: string, request: SpeechRequest) => void started.push(request)
  const records = cleanUp.use(new Records(new SqliteRecordStore(`sqlite:///${folder}/index.sqlite`)))
  const voices = new VoiceRegistry(records)
  const registry = new HandlerRegistry().register(
    'ETL',
    speechHandler({ index, maxTextLength: 1_000, permit: (request) => voices.permit(request), startTask }),
  )
  const revoke = (taskId: string) => results.markAsRevoked(taskId, 'terminated')
  const service = new SpeechService({ registry, index, results, storage, revoke })
  const taskId = taskIdFor(UUID)
  /** What a worker stores while it speaks. */
  const worker = {
    start: () => results.markAsStarted(taskId, { pid: 1, hostname: 'w@test' }),
    progress: (done: number, total: number) => results.storeResult(taskId, { done, total }, 'PROGRESS'),
    fail: (error: Error) => results.markAsFailure(taskId, error),
    async succeed(audio: Uint8Array) {
      await storage.write(KEY, audio)
      await results.markAsDone(taskId, KEY)
    },
  }
  return { service, index, results, storage, started, worker, taskId, folder, cleanUp }
}
