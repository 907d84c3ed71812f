import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { VoicePocket } from '../../src/service.ts'
import { silentLogger } from '../silent-logger.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { openHttpBench } from './http-bench.ts'

test('/metrics answers in the format of its source', async (t) => {
  const source = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    metrics: async () => 'depth 11\n',
  }
  const { app } = await openHttpBench(t, { metrics: source })
  const response = await app.request('/metrics')
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, source.contentType])
  assert.equal(await response.text(), 'depth 11\n')
})

test('there is no /metrics unless it is switched on', async (t) => {
  const { app } = await openHttpBench(t)
  assert.equal((await app.request('/metrics')).status, 404)
})

test('a service tells of its queues and of what it sends, where VOICE_POCKET_METRICS is on', async (t) => {
  const folder = await temporaryFolder(t)
  const config = loadConfig({
    ...{ CELERY_BROKER_URL: 'memory://metrics', CELERY_RESULT_BACKEND: `sqlite:///${folder}/results.sqlite` },
    ...{
      VOICE_POCKET_INDEX: `sqlite:///${folder}/index.sqlite`,
      VOICE_POCKET_STORAGE: `file:${folder}/speech`,
    },
    ...{ PORT: '0', VOICE_POCKET_METRICS: 'on' },
  })
  await using service = await VoicePocket.open(config, silentLogger)
  const address = await service.startApi()
  await service.app.sendTask('text_to_speech')
  const text = await (await fetch(`${address}/metrics`)).text()
  assert.match(text, /^celery_task_sent_total\{name="text_to_speech",queue_name="celery",.*\} 1$/m)
  assert.match(text, /^celery_queue_length\{queue_name="celery"\} 1$/m)
})
