/** What the children of a worker keep warm, and who is given which request. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { VoicePocket } from '../../src/service.ts'
import { silentLogger } from '../silent-logger.ts'
import { openVoiceBench } from '../voices/voice-bench.ts'

const MINJI = 'minji@example.com'
const JISU = 'jisu@example.com'

test('requests go to the child that has the engine and the voice warm, and the metrics tell', async (t) => {
  const { folder, voices, enrolment } = await openVoiceBench(t)
  const file = (name: string) => `sqlite:///${join(folder, name)}`
  const config = loadConfig({
    ...{ CELERY_BROKER_URL: file('broker.sqlite'), CELERY_RESULT_BACKEND: file('results.sqlite') },
    ...{
      VOICE_POCKET_INDEX: file('index.sqlite'),
      VOICE_POCKET_STORAGE: `file:${join(folder, 'speech')}`,
    },
    ...{ VOICE_POCKET_ENGINES: 'espeak,second=@voice-pocket/espeak', VOICE_POCKET_WARM_ENGINES: '1' },
    ...{ PORT: '0', VOICE_POCKET_METRICS: 'on', VOICE_POCKET_CONCURRENCY: '2' },
  })
  await voices.enrol(enrolment(MINJI))
  await using service = await VoicePocket.open(config, silentLogger)
  const worker = await service.startWorker()
  const address = await service.startApi()

  const requests = [{ email: MINJI }, { email: JISU, engine: 'second' }]
  for (const request of [...requests, ...requests]) {
    const kwargs = { uuid: randomUUID(), text: 'Hello.', ...request }
    const result = await service.app.sendTask('text_to_speech', { kwargs, queue: config.speechQueue })
    await result.get({ timeout: 60 })
    await worker.state.idle() // so is its child
  }
  const text = await (await fetch(`${address}/metrics`)).text()
  const told = (name: string, kind?: string) =>
    Number(text.match(new RegExp(`^${name}\\{.*${kind ? `kind="${kind}"` : ''}.*\\} (\\d+)$`, 'm'))?.[1])
  const warm = (kind: string) =>
    ['entries', 'hits_total', 'misses_total', 'evictions_total'].map((name) =>
      told(`voice_pocket_warm_${name}`, kind),
    )
  assert.equal(told('celery_worker_affinity_hits_total'), 2)
  assert.equal(told('celery_worker_affinity_misses_total'), 2)
  assert.deepEqual(warm('engine'), [2, 2, 2, 0], 'each was loaded by one child, once')
  assert.deepEqual(warm('voice'), [1, 2, 1, 0])
  assert.equal(told('voice_pocket_warm_capacity', 'engine'), 2, 'one in each child')
})
