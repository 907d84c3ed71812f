import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Connection, Consumer, type Message, Queue } from '@voice-pocket/kombu'
import type { DispatcherOptions } from '../../src/app/events.ts'
import { EventDispatcher } from '../../src/events/dispatcher.ts'
import { eventExchange } from '../../src/events/event.ts'
import type { Celery } from '../../src/index.ts'
import { memoryApp } from '../memory-app.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { within } from '../within.ts'

/** Keeps every message of the event exchange as it came. */
class Listener {
  readonly messages: Message[] = []

  static async on(t: TestContext, app: Celery): Promise<Listener> {
    const listener = new Listener()
    const channel = await app.connection.channel()
    const exchange = eventExchange('celeryev', 'memory')
    const consumer = new Consumer(channel, {
      queues: [new Queue('listener', { exchange, routingKey: '#', autoDelete: true })],
      noAck: true,
      onMessage: (message) => {
        listener.messages.push(message)
        listener.#heard()
      },
    })
    await consumer.consume()
    t.after(() => consumer.cancel())
    return listener
  }

  #heard = () => {}

  async hears(count: number): Promise<void> {
    while (this.messages.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#heard = resolve
      await within(promise, () => `only ${this.messages.length} of ${count} messages came`)
    }
  }

  /** Routing key, and what types of events are in it. */
  get summary(): unknown[] {
    return this.messages.map(({ deliveryInfo, payload }) => [
      deliveryInfo.routingKey,
      Array.isArray(payload) ? payload.map(({ type }) => type) : (payload as { type: string }).type,
    ])
  }
}

async function dispatcherOf(t: TestContext, options: DispatcherOptions = {}) {
  const app = memoryApp(t)
  const listener = await Listener.on(t, app)
  const events = app.events.dispatcher({ hostname: 'w1@host', batchedGroups: ['task'], ...options })
  return { app, listener, events }
}

describe('a dispatcher of events', () => {
  it('sends events with the fields they all have, in a transient message that names its sender', async (t) => {
    const { app, listener, events } = await dispatcherOf(t)
    events.send('worker-online', { freq: 2 })
    await listener.hears(1)
    const [{ headers, properties, payload } = {} as Message] = listener.messages
    assert.deepEqual(headers, { hostname: 'w1@host' })
    assert.deepEqual([properties.deliveryMode, properties.priority], [1, 0])
    const { timestamp, ...fields } = payload as Record<string, unknown>
    assert.ok(Math.abs(Date.now() / 1000 - Number(timestamp)) < 60)
    assert.deepEqual(fields, {
      ...{ hostname: 'w1@host', pid: process.pid, type: 'worker-online', freq: 2 },
      ...{ utcoffset: Math.floor(new Date().getTimezoneOffset() / 60), clock: app.clock.value },
    })
  })

  it('sends events of tasks together, at most 24, in order with the others', async (t) => {
    const { listener, events } = await dispatcherOf(t)
    for (let n = 0; n < 25; n += 1) events.send('task-received', { uuid: String(n) })
    events.send('worker-heartbeat')
    events.send('task-started', { uuid: '0' })
    await events.flush()
    await listener.hears(4)
    assert.deepEqual(listener.summary, [
      ['task.multi', Array(24).fill('task-received')],
      ['task.multi', ['task-received']],
      ['worker.heartbeat', 'worker-heartbeat'],
      ['task.multi', ['task-started']],
    ])
    const clocks = listener.messages
      .flatMap(({ payload }) => payload as { clock: number })
      .map(({ clock }) => clock)
    assert.deepEqual(
      clocks,
      clocks.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(clocks).size, 27)
  })

  it('sends them one by one where nothing else is wanted, as clients do', async (t) => {
    const { listener, events } = await dispatcherOf(t, { batchedGroups: [] })
    events.send('task-sent', { uuid: 'a' })
    await listener.hears(1)
    assert.deepEqual(listener.summary, [['task.sent', 'task-sent']])
  })

  it('sends only the groups that are wanted, which may change', async (t) => {
    const { listener, events } = await dispatcherOf(t, { groups: ['worker'] })
    events.send('task-started')
    assert.equal(events.wants('task'), false)
    events.groups.add('task')
    events.send('task-succeeded')
    events.isEnabled = false
    events.send('worker-heartbeat')
    await events.flush()
    await listener.hears(1)
    assert.deepEqual(listener.summary, [['task.multi', ['task-succeeded']]])
  })

  it('drops an event that cannot be written, says so, and goes on', async (t) => {
    const logger = new RecordingLogger()
    const { listener, events } = await dispatcherOf(t, { logger })
    const circle: Record<string, unknown> = {}
    circle.self = circle
    events.send('custom-thing', circle)
    events.send('custom-other')
    await listener.hears(1)
    assert.match(logger.text('error'), /cannot be sent, custom-thing among them/)
    assert.deepEqual(listener.summary, [['custom.other', 'custom-other']])
  })
})

describe('a dispatcher whose broker is away', () => {
  function away(t: TestContext, app: Celery) {
    const logger = new RecordingLogger()
    const dead = new Connection('amqp://127.0.0.1:1')
    let connection = dead
    const { clock } = app
    const events = new EventDispatcher({
      ...{ hostname: 'w1@host', exchange: 'celeryev', serializer: 'json', clock, logger },
      ...{ connection: () => connection, groups: [], batchedGroups: ['task'], isEnabled: true },
    })
    t.after(() => dead.close())
    const back = () => {
      connection = app.connection
    }
    return { events, logger, back }
  }

  it('keeps what is said, without making anybody wait, and sends it when the broker is back', async (t) => {
    const app = memoryApp(t)
    const listener = await Listener.on(t, app)
    const { events, back } = away(t, app)
    events.send('task-started', { uuid: 'a' })
    await events.flush()
    events.send('worker-heartbeat')
    assert.equal(listener.messages.length, 0)
    back()
    await listener.hears(2)
    assert.deepEqual(listener.summary, [
      ['task.multi', ['task-started']],
      ['worker.heartbeat', 'worker-heartbeat'],
    ])
  })

  it('keeps no more than a monitor may want, and says how many it dropped', async (t) => {
    const app = memoryApp(t)
    const { events, logger, back } = away(t, app)
    for (let n = 0; n < 10_003; n += 1) events.send('task-started')
    await events.flush()
    back()
    await events.flush()
    assert.match(logger.text('warn'), /^3 events were dropped/)
  })

  it('forgets what it could not send when it is closed', async (t) => {
    const app = memoryApp(t)
    const listener = await Listener.on(t, app)
    const { events, back } = away(t, app)
    events.send('worker-offline')
    await events.close()
    back()
    events.send('worker-online')
    await listener.hears(1)
    assert.deepEqual(listener.summary, [['worker.online', 'worker-online']])
  })
})
