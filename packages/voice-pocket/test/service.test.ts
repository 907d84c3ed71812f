import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../src/config.ts'
import { ConfigError, StorageError } from '../src/exceptions.ts'
import { VoicePocket } from '../src/service.ts'
import { silentLogger } from './silent-logger.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function open(t: TestContext, more: Record<string, string> = {}) {
  const folder = await temporaryFolder(t)
  const config = loadConfig({
    CELERY_BROKER_URL: `sqlite:///${folder}/broker.sqlite`,
    CELERY_RESULT_BACKEND: `sqlite:///${folder}/results.sqlite`,
    VOICE_POCKET_INDEX: `sqlite:///${folder}/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/speech`,
    PORT: '0',
    ...more,
  })
  return { folder, service: await VoicePocket.open(config, silentLogger) }
}

test('a worker takes no more from the moment it is told to stop, also while a caller is still answered', async (t) => {
  const { service } = await open(t)
  await service.startWorker({ concurrency: 1 })
  const address = await service.startApi()
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  service.service.status = async (uuid) => {
    asked.resolve()
    await answer.promise
    return { uuid, taskId: 't', state: 'PENDING' }
  }
  const response = fetch(`${address}/v1/speech/${randomUUID()}`)
  await asked.promise
  const stopped = service.stop()
  await service.finished
  answer.resolve()
  assert.equal((await response).status, 200)
  await stopped
})

test('an API alone says at its start what is wrong with the settings of engines, and with the storage', async (t) => {
  const unknown = await open(t, { VOICE_POCKET_ENGINE_SETTINGS: '{"nobody": {}}' })
  await assert.rejects(unknown.service.startApi(), ConfigError)
  await unknown.service.stop()
  const { service, folder } = await open(t)
  await writeFile(join(folder, 'speech'), 'a file, and no folder')
  await assert.rejects(service.startApi(), StorageError)
  await service.stop()
})

test('what cannot be closed is told, and keeps nothing else open', async (t) => {
  const { service } = await open(t)
  const address = await service.startApi()
  const close = service.app.close.bind(service.app)
  service.app.close = async () => {
    await close()
    throw new Error('The broker is gone.')
  }
  await assert.rejects(service.stop(), /The broker is gone/)
  await assert.rejects(fetch(address))
  await assert.rejects(service.service.status(randomUUID()), /finalized|not open/)
})
