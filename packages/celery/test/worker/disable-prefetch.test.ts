import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { Connection } from '@voice-pocket/kombu'
import { Celery } from '../../src/index.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { within } from '../within.ts'

const redis = serviceFrom('REDIS_URL')
const amqp = serviceFrom('AMQP_URL')

function appOf(t: TestContext, brokerUrl: string, workerDisablePrefetch: boolean) {
  const name = `test.${randomUUID()}`
  const settings = { taskDefaultQueue: name, workerPool: 'async', workerDisablePrefetch } as const
  const app = new Celery('test', { brokerUrl, resultBackend: `cache+memory://${name}`, ...settings })
  t.after(async () => {
    await app.close()
    await using connection = await new Connection(brokerUrl).connect()
    const channel = await connection.channel()
    await channel.queueDelete(name)
    await channel.exchangeDelete(name)
  })
  return app
}

describe('workerDisablePrefetch', { timeout: 60_000 }, () => {
  for (const acksLate of [false, true]) {
    it(`takes no more than can run, acknowledged ${acksLate ? 'late' : 'early'}, over Redis`, {
      skip: redis.skip,
    }, async (t) => {
      const app = appOf(t, redis.value, true)
      const gate = new Gate()
      const begun = Promise.withResolvers<void>()
      app.task(
        'wait',
        async () => {
          if (gate.passed === 1) begun.resolve()
          await gate.pass()
        },
        { acksLate },
      )
      const results = await Promise.all([1, 2, 3, 4, 5].map(() => app.sendTask('wait')))
      await using running = await RunningWorker.start(app, { concurrency: 2, prefetchMultiplier: 4 })
      await within(begun.promise, () => 'two tasks did not begin')
      await using other = await RunningWorker.start(appLike(t, app), { concurrency: 8 })
      await other.logger.said(/received/, 3)
      gate.open()
      await Promise.all(results.slice(0, 2).map((result) => result.get({ timeout: 20 })))
      assert.equal(running.logger.lines.filter(({ text }) => /received/.test(text)).length, 2)
    })
  }

  it('runs everything in the end', { skip: redis.skip }, async (t) => {
    const app = appOf(t, redis.value, true)
    app.task('double', async (x: number) => 2 * x)
    const results = await Promise.all([...Array(50).keys()].map((x) => app.sendTask('double', { args: [x] })))
    await using _running = await RunningWorker.start(app, { concurrency: 2 })
    const values = await Promise.all(results.map((result) => result.get({ timeout: 20 })))
    assert.deepEqual(
      values,
      [...Array(50).keys()].map((x) => 2 * x),
    )
  })

  it('says over RabbitMQ that one in advance is the least', { skip: amqp.skip }, async (t) => {
    const app = appOf(t, amqp.value, true)
    await using running = await RunningWorker.start(app, { concurrency: 2 })
    await running.logger.said(/workerDisablePrefetch: amqp has no channel\.flow/)
    assert.equal(running.worker.consumer.prefetchCount, 2)
  })
})

/** A worker of another process that serves the same queue, and has all that it gets succeed. */
function appLike(t: TestContext, { conf }: Celery): Celery {
  const { brokerUrl, resultBackend, taskDefaultQueue } = conf
  const app = new Celery('other', { brokerUrl, resultBackend, taskDefaultQueue, workerPool: 'async' })
  app.task('wait', async () => {})
  t.after(() => app.close())
  return app
}
