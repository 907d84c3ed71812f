import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { delayedDestination } from '../../src/app/delayed-delivery.ts'
import { Celery, type LooseSettings } from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'

const { value: brokerUrl, skip } = serviceFrom('AMQP_URL')

/** Half an hour and a little: its highest bit is the one of level 10. */
const LONG_DELAY = 1_900
const FIRST_STOP = 'celery_delayed_10'

function quorumApp(t: TestContext, settings: LooseSettings = {}): Celery {
  const name = `test.${randomUUID()}`
  const app = new Celery('quorum', {
    brokerUrl,
    resultBackend: `cache+memory://${name}`,
    workerPool: 'async',
    taskDefaultQueue: name,
    taskDefaultQueueType: 'quorum',
    taskDefaultExchangeType: 'topic',
    ...settings,
  })
  t.after(async () => {
    const channel = await app.connection.channel()
    await channel.queueDelete(name)
    await channel.close()
    await app.close()
  })
  return app
}

async function waiting(app: Celery, queue: string): Promise<number> {
  const channel = await app.connection.channel()
  const { messageCount } = await channel.queueDeclare(queue, { passive: true })
  await channel.close()
  return messageCount
}

describe('the destination of a delayed task', () => {
  it('is the top level, with the delay in bits before its own key', () => {
    const { exchange, routingKey } = delayedDestination(5, 'mail.urgent')
    assert.equal(exchange, 'celery_delayed_27')
    assert.equal(routingKey, `${'0.'.repeat(25)}1.0.1.mail.urgent`)
  })
})

describe('on quorum queues', { skip }, () => {
  it('a worker runs tasks, at once and later', async (t) => {
    const app = quorumApp(t)
    const add = app.task('tasks.add', (x: number, y: number) => x + y)
    await using _running = await RunningWorker.start(app)
    const results = [await add.delay(2, 3), await add.applyAsync({ args: [3, 4], countdown: 1.5 })]
    assert.deepEqual(await Promise.all(results.map((result) => result.get({ timeout: 20 }))), [5, 7])
  })

  it('RabbitMQ holds a task for later, and not the worker', async (t) => {
    const app = quorumApp(t)
    const later = app.task('tasks.later', () => 'ran')
    await using running = await RunningWorker.start(app)
    const before = await waiting(app, FIRST_STOP)
    await later.applyAsync({ countdown: LONG_DELAY })
    assert.equal(await waiting(app, FIRST_STOP), before + 1)
    assert.doesNotMatch(running.logger.text('info'), /tasks\.later\[.*received/)
    const channel = await app.connection.channel()
    await channel.queuePurge(FIRST_STOP)
    await channel.close()
  })

  it('a worker holds it where the exchange is direct, and says so', async (t) => {
    const app = quorumApp(t, { taskDefaultExchangeType: 'direct' })
    const later = app.task('tasks.later', () => 'ran')
    await using running = await RunningWorker.start(app)
    assert.match(running.logger.text('warn'), /direct exchange .* cannot deliver delayed tasks/)
    await later.applyAsync({ countdown: LONG_DELAY })
    await running.logger.said(/tasks\.later\[.*received/)
    assert.equal(await (await later.applyAsync({ countdown: 0.1 })).get({ timeout: 20 }), 'ran')
  })
})

describe('priorities on RabbitMQ', { skip }, () => {
  it('let a later task with a higher one begin first', async (t) => {
    const order: number[] = []
    const all = Promise.withResolvers<void>()
    const app = quorumApp(t, { taskDefaultQueueType: 'classic', taskQueueMaxPriority: 9 })
    const note = app.task('tasks.note', (priority: number) => {
      if (order.push(priority) === 3) all.resolve()
    })
    for (const priority of [1, 5, 9]) await note.applyAsync({ args: [priority], priority })
    await using _running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 1 })
    await all.promise
    assert.deepEqual(order, [9, 5, 1])
  })
})
