import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Consumer, Exchange, Queue } from '@voice-pocket/kombu'
import { Queues } from '../../src/app/queues.ts'
import { routeOf } from '../../src/app/routes.ts'
import { resolveSettings } from '../../src/app/settings.ts'
import { ImproperlyConfigured, type LooseSettings, QueueNotFound, xmap } from '../../src/index.ts'
import { memoryApp, queueSize, takeMessage } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

const routes = (taskRoutes: NonNullable<LooseSettings['taskRoutes']>) =>
  resolveSettings({ taskRoutes }).taskRoutes

describe('a route', () => {
  it('is the one with the task’s own name before any glob, and globs in the order written', () => {
    const table = routes({
      'tasks.*': 'all',
      '*': 'rest',
      'tasks.add': 'exact',
      'mail.*.send': { queue: 'mail' },
    })
    assert.deepEqual(routeOf('tasks.add', table), { queue: 'exact' })
    assert.deepEqual(routeOf('tasks.sub', table), { queue: 'all' })
    assert.deepEqual(routeOf('mail.a.send', table), { queue: 'rest' })
  })

  it('takes nothing in a pattern for special but the star', () => {
    assert.deepEqual(routeOf('tasksXadd', routes({ 'tasks.a*': 'q' })), {})
    assert.deepEqual(routeOf('a+b.c', routes({ 'a+b.*': 'q' })), { queue: 'q' })
  })

  it('is none for a task that nothing fits, whatever it is called', () => {
    for (const name of ['tasks.add', 'constructor', 'toString', '__proto__'])
      assert.deepEqual(routeOf(name, routes({})), {})
  })

  it('takes Celery’s spelling', () => {
    assert.deepEqual(routeOf('a', routes({ a: { exchange: 'x', routing_key: 'k', priority: 3 } })), {
      ...{ exchange: 'x', routingKey: 'k', priority: 3 },
    })
  })
})

describe('a route by a function', () => {
  it('is what it says of the call: a route, the name of a queue, or nothing', () => {
    const asked: unknown[] = []
    const table = routes((task, { args, kwargs, options }) => {
      asked.push([task, args, kwargs, options])
      if (task === 'a') return { queue: 'routed', priority: 3 }
      return task === 'b' ? 'named' : undefined
    })
    const call = { args: [1], kwargs: { x: 2 }, options: { priority: 9 } }
    assert.deepEqual(routeOf('a', table, call), { queue: 'routed', priority: 3 })
    assert.deepEqual(routeOf('b', table), { queue: 'named' })
    assert.deepEqual(routeOf('c', table), {})
    assert.deepEqual(asked[0], ['a', [1], { x: 2 }, { priority: 9 }])
  })

  it('counts in a list of routers only when those before it know nothing', () => {
    const table = routes([
      { a: 'first' },
      () => null,
      (task) => (task === 'b' ? 'second' : undefined),
      { '*': 'rest' },
    ])
    const queues = ['a', 'b', 'c'].map((task) => routeOf(task, table).queue)
    assert.deepEqual(queues, ['first', 'second', 'rest'])
  })

  it('is refused where it is used, by what is wrong with it', () => {
    assert.throws(
      () =>
        routeOf(
          'a',
          routes(() => ({ que: 'x' }) as never),
        ),
      (error) =>
        error instanceof ImproperlyConfigured &&
        /A function of taskRoutes .*'a' .*no field 'que'/.test(error.message),
    )
    assert.throws(() => routes([5 as never]), /must be an object, a function, or a list of these/)
  })
})

describe('a call goes', () => {
  it('by a function of its arguments', async (t) => {
    const app = memoryApp(t, {
      taskRoutes: (_task, { args: [size] }) => (Number(size) > 9 ? 'large' : 'small'),
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
    await (await parent.applyAsync({ priority: 7 })).get({ timeout: 10 })
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
