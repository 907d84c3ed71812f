import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { Message } from '@voice-pocket/kombu'
import { declareDelayedDelivery } from '../../src/app/delayed-delivery.ts'
import {
  type AnySignature,
  type Celery,
  chain,
  chord,
  group,
  type LooseSettings,
  ResultSet,
} from '../../src/index.ts'
import { memoryApp, queueSize, takeMessage } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

/** A server that takes connections and does with them what it is told: nothing unless told. */
async function serverOf(t: TestContext, onConnection = (_socket: Socket) => {}) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `amqp://127.0.0.1:${(server.address() as { port: number }).port}`, sockets }
}

async function nextMessage(t: TestContext, settings: LooseSettings, call = {}): Promise<Message> {
  const app = memoryApp(t, settings)
  await app.sendTask('t', { args: ['x'], ...call })
  return (await takeMessage(app)) as Message
}

describe('a setting about sending does what it does in Celery', () => {
  it('taskSerializer and taskCompression', async (t) => {
    const settings = { taskSerializer: 'msgpack', taskCompression: 'gzip' }
    const { contentType, headers } = await nextMessage(t, settings)
    assert.deepEqual([contentType, headers.compression], ['application/x-msgpack', 'application/x-gzip'])
    const own = await nextMessage(t, settings, { serializer: 'json', compression: 'zstd' })
    assert.deepEqual([own.contentType, own.headers.compression], ['application/json', 'application/zstd'])
  })

  it('taskDefaultDeliveryMode and taskDefaultPriority', async (t) => {
    const { properties } = await nextMessage(t, {
      taskDefaultDeliveryMode: 'transient',
      taskDefaultPriority: 4,
    })
    assert.deepEqual([properties.deliveryMode, properties.priority], [1, 4])
    const app = memoryApp(t, { taskDefaultPriority: 4 })
    await app.task('own', () => {}, { priority: 6 }).delay()
    assert.equal((await takeMessage(app))?.properties.priority, 6)
    const usual = await nextMessage(t, {})
    assert.deepEqual([usual.properties.deliveryMode, usual.properties.priority], [2, 0])
  })

  it('taskDefaultQueue, taskDefaultExchange and taskDefaultRoutingKey', (t) => {
    const app = memoryApp(t, { taskDefaultQueue: 'q', taskDefaultExchange: 'x', taskDefaultRoutingKey: 'k' })
    const [queue] = app.amqp.queues.configured
    assert.deepEqual([queue?.name, queue?.exchange.name, queue?.routingKey], ['q', 'x', 'k'])
  })

  it('taskPublishRetry and taskPublishRetryPolicy', async (t) => {
    const taskPublishRetryPolicy = { maxRetries: 2, intervalStart: 0, intervalStep: 0 }
    for (const [settings, call, attempts] of [
      [{ taskPublishRetry: false }, {}, 1],
      [{ taskPublishRetryPolicy }, {}, 3],
      [{ taskPublishRetryPolicy }, { retry: false }, 1],
      [{ taskPublishRetry: false, taskPublishRetryPolicy }, { retry: true }, 3],
      [{ taskPublishRetryPolicy }, { retryPolicy: { maxRetries: 4 } }, 5],
      [{ taskPublishRetryPolicy }, { retryPolicy: { max_retries: 1 } as object }, 2],
    ] as const) {
      const { url, sockets } = await serverOf(t, (socket) => socket.destroy())
      const app = memoryApp(t, { brokerUrl: url, resultBackend: 'disabled://', ...settings })
      await assert.rejects(app.sendTask('t', call), { name: 'OperationalError' })
      assert.equal(sockets.length, attempts)
    }
  })

  it('brokerConnectionTimeout, which the timeout of a call ends early', async (t) => {
    const { url } = await serverOf(t) // says nothing
    const settings = { brokerUrl: url, brokerConnectionTimeout: 60, resultBackend: 'disabled://' }
    const app = memoryApp(t, settings)
    await assert.rejects(app.sendTask('t', { timeout: 0.1 }), {
      name: 'OperationalError',
      message: /did not confirm t\[.+\] within 0.1 seconds/,
    })
    await assert.rejects(app.sendTask('t', { timeout: 0 }), /'timeout' of the call of t must be a number/)
  })

  it('brokerConnectionTimeout', async (t) => {
    const { url } = await serverOf(t) // says nothing
    const settings = { brokerUrl: url, brokerConnectionTimeout: 0.1, taskPublishRetry: false }
    const app = memoryApp(t, { resultBackend: 'disabled://', ...settings })
    await assert.rejects(app.sendTask('t'), /0\.1 s|100 ms|time/i)
  })

  it('workerDetectQuorumQueues and brokerNativeDelayedDeliveryQueueType', async (t) => {
    const quorum = { brokerUrl: 'amqp://127.0.0.1', taskDefaultQueueType: 'quorum' as const }
    const uses = (settings: object) => memoryApp(t, { ...quorum, ...settings }).amqp.usesNativeDelayedDelivery
    assert.deepEqual([uses({}), uses({ workerDetectQuorumQueues: false })], [true, false])
    const channel = await memoryApp(t).connection.channel()
    const declare = t.mock.method(channel, 'queueDeclare')
    for (const name of ['exchangeDeclare', 'queueBind', 'exchangeBind'] as const)
      t.mock.method(channel, name, async () => {})
    await declareDelayedDelivery(channel, 'classic')
    const types = declare.mock.calls.map(({ arguments: [, options] }) => options?.arguments?.['x-queue-type'])
    assert.deepEqual(new Set(types), new Set(['classic']))
  })
})

describe('a setting about the worker does what it does in Celery', { timeout: 60_000 }, () => {
  it('workerConcurrency and workerPrefetchMultiplier', async (t) => {
    const app = memoryApp(t, { workerConcurrency: 3, workerPrefetchMultiplier: 2 })
    await using running = await RunningWorker.start(app, { concurrency: 0 })
    assert.deepEqual([running.worker.concurrency, running.worker.consumer.prefetchCount], [3, 6])
  })

  it('workerEtaTaskLimit', async (t) => {
    const app = memoryApp(t, { workerEtaTaskLimit: 1, workerPrefetchMultiplier: 1 })
    for (let n = 0; n < 5; n++) await app.sendTask('add', { countdown: 600 })
    app.task('add', () => {})
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    await running.logger.said(/received/, 2) // one of the prefetch count, and one more for the one that is held
    assert.equal(await queueSize(app), 3)
  })

  it('taskDefaultRateLimit and workerDisableRateLimits', async (t) => {
    const limited = await runsOf(t, { taskDefaultRateLimit: '1/h' })
    await limited.passed(1)
    await limited.running.worker.stop()
    assert.equal(await queueSize(limited.app), 1)
    const free = await runsOf(t, { taskDefaultRateLimit: '1/h', workerDisableRateLimits: true })
    await free.passed(2)
  })

  it('taskTrackStarted', async (t) => {
    const app = memoryApp(t, { taskTrackStarted: true })
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using _running = await RunningWorker.start(app)
    const result = await task.delay()
    await gate.entered
    assert.equal(await result.state(), 'STARTED')
    gate.open()
    await result.get({ timeout: 30 })
  })

  it('taskStoreErrorsEvenIfIgnored', async (t) => {
    const app = memoryApp(t, { taskIgnoreResult: true, taskStoreErrorsEvenIfIgnored: true })
    const task = app.task('t', () => {
      throw new Error('heard')
    })
    await using running = await RunningWorker.start(app)
    const result = await task.delay()
    await running.logger.said(/Task t\[.*\] raised/)
    assert.match(String(await result.info()), /heard/)
  })

  it('taskAcksLate and taskAcksOnFailureOrTimeout', async (t) => {
    for (const [taskAcksOnFailureOrTimeout, settled] of [
      [true, 'ack'],
      [false, 'reject'],
    ] as const) {
      const app = memoryApp(t, { taskAcksLate: true, taskAcksOnFailureOrTimeout })
      const calls = {
        ack: t.mock.method(Message.prototype, 'ack'),
        reject: t.mock.method(Message.prototype, 'reject'),
      }
      const task = app.task('t', () => {
        throw new Error('no')
      })
      await using running = await RunningWorker.start(app)
      await assert.rejects((await task.delay()).get({ timeout: 30 }), /no/)
      await running.worker.stop()
      assert.deepEqual(
        [calls.ack.mock.callCount(), calls.reject.mock.callCount()],
        settled === 'ack' ? [1, 0] : [0, 1],
      )
      t.mock.restoreAll()
    }
  })

  it('brokerConnectionMaxRetries and brokerConnectionRetryOnStartup', async (t) => {
    for (const [settings, attempts] of [
      [{ brokerConnectionMaxRetries: 1 }, 2],
      [{ brokerConnectionRetryOnStartup: false }, 1],
    ] as const) {
      const { url, sockets } = await serverOf(t, (socket) => socket.destroy())
      const app = memoryApp(t, { brokerUrl: url, ...settings })
      const worker = await app.worker()
      await assert.rejects(worker.start(), /Gave up/)
      assert.equal(sockets.length, attempts)
    }
  })

  it('resultChordJoinTimeout', async (t) => {
    const app = memoryApp(t, { resultChordJoinTimeout: 7 })
    const echo = app.task('echo', (value: unknown) => value)
    await using _running = await RunningWorker.start(app)
    const get = t.mock.method(ResultSet.prototype, 'get')
    const part = chain(app.signature('echo', { args: [1] }), group(echo.s(), echo.s()))
    const result = await chord([part], echo.s() as AnySignature).applyAsync()
    assert.deepEqual(await result.get({ timeout: 30 }), [[1, 1]])
    const timeouts = get.mock.calls.map(({ arguments: [options] }) => options?.timeout)
    assert.ok(timeouts.includes(7), String(timeouts)) // the worker's, for the body
  })

  it('controlExchange, controlQueueTtl and controlQueueExpires', async (t) => {
    const settings = { controlExchange: 'other', controlQueueTtl: 7, controlQueueExpires: 8 }
    const app = memoryApp(t, settings)
    const channel = await app.connection.channel()
    const declare = t.mock.method(channel, 'queueDeclare')
    const node = await app.control.mailbox.node('n@h', {}, { onError: () => {} }).listen(channel)
    const [name, options] = declare.mock.calls[0]?.arguments ?? []
    assert.equal(name, 'n@h.other.pidbox')
    assert.deepEqual([options?.arguments?.['x-message-ttl'], options?.arguments?.['x-expires']], [7000, 8000])
    await node.close()
  })

  it('eventExchange, eventSerializer, eventQueuePrefix, eventQueueTtl and eventQueueExpires', async (t) => {
    const settings = { eventExchange: 'other', eventSerializer: 'msgpack', eventQueuePrefix: 'monitor' }
    const app = memoryApp(t, { ...settings, eventQueueTtl: 7, eventQueueExpires: 8 })
    const connection = app.newConnection('monitor')
    const channel = await connection.channel()
    const declareQueue = t.mock.method(channel, 'queueDeclare')
    const declareExchange = t.mock.method(channel, 'exchangeDeclare')
    t.mock.method(connection, 'channel', async () => channel)
    t.mock.method(app, 'newConnection', () => connection)
    const heard = Promise.withResolvers<string>()
    const receiver = app.events.receiver({ onEvent: ({ type }) => heard.resolve(type) })
    const listening = receiver.run()
    const dispatcher = app.events.dispatcher()
    const asked = setInterval(() => dispatcher.send('worker-online'), 10)
    assert.equal(await heard.promise, 'worker-online')
    clearInterval(asked)
    await dispatcher.close()
    await receiver.stop()
    await listening
    const [name, options] = declareQueue.mock.calls[0]?.arguments ?? []
    assert.match(String(name), /^monitor\./)
    assert.deepEqual([options?.arguments?.['x-message-ttl'], options?.arguments?.['x-expires']], [7000, 8000])
    assert.ok(declareExchange.mock.calls.some(({ arguments: [exchange] }) => exchange === 'other'))
  })
})

/** A worker that has two calls of a task to run. */
async function runsOf(t: TestContext, settings: LooseSettings) {
  const app: Celery = memoryApp(t, settings)
  app.task('t', () => randomUUID())
  await app.sendTask('t')
  await app.sendTask('t')
  const running = await RunningWorker.start(app)
  t.after(() => running[Symbol.asyncDispose]())
  return { app, running, passed: (count: number) => running.logger.said(/Task t\[.*\] succeeded/, count) }
}
