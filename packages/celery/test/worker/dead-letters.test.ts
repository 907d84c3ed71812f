import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, mock } from 'node:test'
import type { Payload } from '@voice-pocket/kombu'
import { BackendError, type Celery } from '../../src/index.ts'
import { memoryApp, queueSize, takeMessage } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

/** Publishes a message as a stranger might. */
async function publish(app: Celery, payload: Partial<Payload>): Promise<void> {
  const channel = await app.connection.channel()
  const json = { contentType: 'application/json', contentEncoding: 'utf-8' }
  const whole = { ...json, headers: {}, properties: {}, body: Buffer.from('[[], {}, null]'), ...payload }
  await channel.basicPublish(whole, { exchange: '', routingKey: 'celery' })
  await channel.close()
}

const table: readonly (readonly [
  what: string,
  payload: (id: string) => Partial<Payload>,
  reason: RegExp,
  hasId: boolean,
])[] = [
  ['an unknown task', (id) => ({ headers: { task: 'no.such', id } }), /never registered/, true],
  [
    'pickle',
    (id) => ({ headers: { task: 'add', id }, contentType: 'application/x-python-serialize' }),
    /refused content of type pickle/,
    true,
  ],
  [
    'half a JSON text',
    (id) => ({ headers: { task: 'add', id }, body: Buffer.from('[[1,') }),
    /not valid JSON/,
    true,
  ],
  [
    'a wrong charset',
    (id) => ({ headers: { task: 'add', id }, body: Buffer.from([0x5b, 0xff, 0xfe]) }),
    /./,
    true,
  ],
  [
    'a body of another form',
    (id) => ({ headers: { task: 'add', id }, body: Buffer.from('[1]') }),
    /must be \[args, kwargs, embed\]/,
    true,
  ],
  ['an unknown compression', (id) => ({ headers: { task: 'add', id, compression: 'x-rar' } }), /x-rar/, true],
  [
    'a wrong eta',
    (id) => ({ headers: { task: 'add', id, eta: 'soon' } }),
    /must be a time in ISO 8601/,
    true,
  ],
  ['no id', () => ({ headers: { task: 'add' } }), /needs 'id'/, false],
  ['plain JSON', () => ({ body: Buffer.from('{"type":"ETL"}') }), /neither the header 'task'/, false],
  [
    'plain text',
    () => ({ contentType: undefined, contentEncoding: undefined, body: Buffer.from('hi') }),
    /no task message/,
    false,
  ],
  ['nothing', () => ({ body: Buffer.alloc(0) }), /not valid JSON/, false],
]

describe('a message that no task can be found for', { timeout: 120_000 }, () => {
  for (const [what, payload, reason, hasId] of table) {
    it(`goes to the dead letters with its reason, and the worker goes on: ${what}`, async (t) => {
      const app = memoryApp(t)
      const add = app.task('add', (x: number, y: number) => x + y)
      const id = randomUUID()
      await publish(app, payload(id)) // before the worker: it makes the queue itself
      await using running = await RunningWorker.start(app)
      await publish(app, payload(id))
      assert.equal(await (await add.delay(2, 3)).get({ timeout: 10 }), 5)
      await running.logger.said(/goes to the dead letters/)
      if (hasId)
        await assert.rejects(app.asyncResult(id).get({ timeout: 10 }), (error: Error) =>
          reason.test(error.message),
        )
      await running.worker.stop()
      const dead = await takeMessage(app, 'celery.dead')
      assert.match(String(dead?.headers['x-dead-letter-reason']), reason)
      assert.deepEqual(dead?.body, payload(id).body ?? Buffer.from('[[], {}, null]'))
      assert.deepEqual([await queueSize(app), await queueSize(app, 'celery.dead')], [0, 0])
    })
  }

  it('waits in the queue of that name in the settings', async (t) => {
    const app = memoryApp(t, { workerDeadLetterQueue: 'morgue' })
    await using running = await RunningWorker.start(app)
    await publish(app, { body: Buffer.from('{}') })
    await running.logger.said(/goes to the dead letters/)
    await running.worker.stop()
    assert.equal(await queueSize(app, 'morgue'), 1)
  })

  it('is tried again when the result backend was away, and takes up no place meanwhile', async (t) => {
    const app = memoryApp(t)
    const backend = await app.backend()
    const markAsFailure = mock.method(backend, 'markAsFailure')
    markAsFailure.mock.mockImplementationOnce(async () => {
      throw new BackendError('the backend is away')
    })
    await using running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 1 })
    const id = randomUUID()
    await publish(app, { headers: { task: 'no.such', id } })
    await running.logger.said(/could not be dealt with; it is delivered again.*the backend is away/s)
    await assert.rejects(app.asyncResult(id).get({ timeout: 10 }), /never registered/)
    await running.worker.stop()
    assert.equal(await queueSize(app, 'celery.dead'), 1)
  })
})
