import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { loadConfig } from '../src/config.ts'
import { VoicePocket } from '../src/service.ts'
import { silentLogger } from './silent-logger.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('what cannot be closed is told, and keeps nothing else open', async (t) => {
  const folder = await temporaryFolder(t)
  const config = loadConfig({
    CELERY_BROKER_URL: `memory://${randomUUID()}`,
    CELERY_RESULT_BACKEND: `sqlite:///${folder}/results.sqlite`,
    VOICE_POCKET_INDEX: `sqlite:///${folder}/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/speech`,
    PORT: '0',
  })
  const service = await VoicePocket.open(config, silentLogger)
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
