import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Consumer, Exchange, type Message, Queue } from '@voice-pocket/kombu'
import { Queues } from '../../src/app/queues.ts'
import { resolveSettings } from '../../src/app/settings.ts'
import { ImproperlyConfigured, QueueNotFound, xmap } from '../../src/index.ts'
import { memoryApp, queueSize, takeMessage } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

describe('a call goes', () => {
  it('by a function of its arguments', async (t) => {
    const app = memoryApp(t, {
      taskRoutes: (_name, [size]) => (Number(size) > 9 ? 'large' : 'small'),
    })
    await app.sendTask('a', { args: [10] })
    await app.sendTask('a', { args: [1] })
    assert.deepEqual([await queueSize(app, 'large'), await queueSize(app, 'small')], [1, 1])
  })

  it('with map, starmap and chunks, where the calls in it go', async (t) => {
    const app = memoryApp(t, { taskRoutes: { 'video.*': 'video' } })
    const cut = app.task('video.cut', (x: number) => x)
    await cut.map([1, 2]).delay()
    await cut.starmap([[1]]).delay()
    await cut.chunks([[1], [2]], 1).delay()
    await xmap(app.signature('video.other'), [1]).delay()
    assert.deepEqual([await queueSize(app, 'video'), await queueSize(app)], [5, 0])
  })

  it('with the priority of the task that sends it, where taskInheritParentPriority says so', async (t) => {
    const app = memoryApp(t, { taskInheritParentPriority: true, taskRoutes: { routed: { priority: 2 } } })
    const parent = app.task('parent', async () => {
      for (const [task, options] of [
        ['child', {}],
        ['child', { priority: 1 }],
        ['routed', {}],
      ] as const)
        await app.sendTask(task, { queue: 'children', ...options })
    })
    await using _running = await RunningWorker.start(app)
    await (await parent.applyAsync({ priority: 7 })).get({ timeout: 30 })
    const priorities: unknown[] = []
    for (let count = 0; count < 3; count += 1)
      priorities.push((await takeMessage(app, 'children'))?.properties.priority)
    assert.deepEqual(priorities.sort(), [1, 2, 7])
  })

  it('to the queue of its route, with the priority of its route', async (t) => {
    const app = memoryApp(t, { taskRoutes: { 'video.*': { queue: 'video', priority: 7 } } })
    await app.sendTask('video.cut')
    assert.equal((await takeMessage(app, 'video'))?.properties.priority, 7)
  })

  it('where the call says, whatever its route says', async (t) => {
    const app = memoryApp(t, {
      taskRoutes: { '*': { exchange: 'nowhere', routingKey: 'none', priority: 7 } },
    })
    await app.sendTask('a', { queue: 'mine', priority: 1 })
    assert.equal((await takeMessage(app, 'mine'))?.properties.priority, 1)
  })

  it('to the queue of its task, whatever its route says', async (t) => {
    const app = memoryApp(t, { taskRoutes: { a: 'routed' } })
    await app.task('a', () => 1, { queue: 'own', priority: 4 }).delay()
    assert.equal((await takeMessage(app, 'own'))?.properties.priority, 4)
  })

  it('by the exchange and the key of its task, unless it names a queue or an exchange itself', async (t) => {
    const app = memoryApp(t, { taskRoutes: { a: 'routed' } })
    const channel = await app.connection.channel()
    const bound = new Queue('bound', { exchange: new Exchange('own'), routingKey: 'key' })
    await bound.declare(channel)
    const task = app.task('a', () => 1, { exchange: 'own', routingKey: 'key', deliveryMode: 'transient' })
    await task.delay()
    assert.equal((await bound.get(channel))?.properties.deliveryMode, 1)
    await task.applyAsync({ queue: 'mine' })
    assert.equal((await takeMessage(app, 'mine'))?.properties.deliveryMode, 1)
    await task.s().applyAsync({ exchange: '', routingKey: 'mine', deliveryMode: 2 })
    assert.equal((await takeMessage(app, 'mine'))?.properties.deliveryMode, 2)
    assert.deepEqual([await queueSize(app, 'bound'), await queueSize(app, 'routed')], [0, 0])
  })

  it('in the form that its route says, unless it says another', async (t) => {
    const form = { serializer: 'msgpack', compression: 'gzip', deliveryMode: 1 }
    const app = memoryApp(t, { taskRoutes: { '*': form } })
    await app.sendTask('a')
    const { contentType, headers, properties } = (await takeMessage(app)) as Message
    assert.deepEqual(
      [contentType, headers.compression, properties.deliveryMode],
      ['application/x-msgpack', 'application/x-gzip', 1],
    )
    await app.sendTask('a', { serializer: 'json' })
    assert.equal((await takeMessage(app))?.contentType, 'application/json')
  })

  it('to an exchange that it names, with and without a routing key', async (t) => {
    const app = memoryApp(t)
    const channel = await app.connection.channel()
    const direct = new Queue('by-key', { exchange: new Exchange('direct'), routingKey: 'key' })
    const fanout = new Queue('by-fanout', { exchange: new Exchange('fanout', { type: 'fanout' }) })
    await direct.declare(channel)
    await fanout.declare(channel)
    await app.sendTask('a', { exchange: 'direct', routingKey: 'key' })
    await app.sendTask('a', { exchange: 'fanout' })
    assert.equal((await direct.get(channel))?.headers.task, 'a')
    assert.equal((await fanout.get(channel))?.headers.task, 'a')
    assert.equal(await queueSize(app), 0)
  })

  it('once, however many queues share a topic exchange', async (t) => {
    const app = memoryApp(t, {
      taskDefaultExchange: 'tasks',
      taskDefaultExchangeType: 'topic',
      taskDefaultRoutingKey: 'task.default',
      taskQueues: ['celery', 'video'],
    })
    const channel = await app.connection.channel()
    for (const queue of app.amqp.queues.configured) await queue.declare(channel)
    await app.sendTask('a', { queue: 'video' })
    await app.sendTask('b')
    const received: string[] = []
    const both = Promise.withResolvers<void>()
    const consumer = new Consumer(channel, {
      queues: app.amqp.queues.configured,
      onMessage: async (message) => {
        received.push(`${message.headers.task} from ${message.deliveryInfo.queue}`)
        await message.ack()
        if (received.length === 2) both.resolve()
      },
    })
    await consumer.consume()
    await both.promise
    await consumer.cancel()
    assert.deepEqual(received.sort(), ['a from video', 'b from celery'])
    assert.deepEqual([await queueSize(app, 'video'), await queueSize(app)], [0, 0])
  })
})

describe('the queues of an app', () => {
  const queues = (settings: Record<string, unknown>) => new Queues(resolveSettings(settings))

  it('are the default one unless others are configured', () => {
    assert.deepEqual(
      queues({}).configured.map(({ name }) => name),
      ['celery'],
    )
    const own = new Queue('own', { exchange: 'x', routingKey: 'k' })
    assert.deepEqual(
      queues({ taskQueues: [own, 'named'] }).configured.map(({ name }) => name),
      ['own', 'named'],
    )
    assert.equal(queues({ taskQueues: [own] }).get('own'), own)
  })

  it('have an exchange and a key of their own name, as Celery makes them', () => {
    const { exchange, routingKey, durable } = queues({}).get('video')
    assert.deepEqual([exchange.name, exchange.type, routingKey, durable], ['video', 'direct', 'video', true])
  })

  it('that are missing are made by settings of their own, as in Python', () => {
    const missing = queues({
      taskDefaultQueueType: 'quorum',
      taskDefaultExchange: 'tasks',
      taskDefaultExchangeType: 'topic',
    }).get('video')
    assert.deepEqual([missing.exchange.name, missing.exchange.type], ['video', 'direct'])
    assert.deepEqual([missing.routingKey, missing.queueArguments], ['video', {}])
    const told = queues({ taskCreateMissingQueueType: 'quorum', taskCreateMissingQueueExchangeType: 'topic' })
    assert.deepEqual(told.get('video').queueArguments, { 'x-queue-type': 'quorum' })
    assert.equal(told.get('video').exchange.type, 'topic')
    assert.deepEqual(told.get('celery').queueArguments, {})
  })

  it('that are missing are made, or refused by name where that is turned off', () => {
    const strict = queues({ taskQueues: ['a', 'b'], taskCreateMissingQueues: false })
    assert.throws(
      () => strict.get('c'),
      (error) => error instanceof QueueNotFound && /no queue 'c' in taskQueues \(a, b\)/.test(error.message),
    )
    assert.equal(strict.get('celery').name, 'celery')
  })

  it('are names or Queue objects and nothing else', () => {
    assert.throws(
      () => queues({ taskQueues: [{ name: 'video' }] }),
      (error) =>
        error instanceof ImproperlyConfigured && /one entry is \{"name":"video"\}/.test(error.message),
    )
  })
})
