import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Producer } from '@voice-pocket/kombu'
import { eventExchange, type ReceivedEvent } from '../../src/events/event.ts'
import type { Celery } from '../../src/index.ts'
import { memoryApp } from '../memory-app.ts'
import { Ear } from './ear.ts'

const publish = (app: Celery, body: unknown, routingKey: string) =>
  new Producer(app.connection, { exchange: eventExchange('celeryev', 'memory') }).publish(body, {
    routingKey,
  })

const event = { type: 'worker-online', hostname: 'w', timestamp: 5, utcoffset: -9, pid: 1, clock: 40 }

describe('a receiver of events', () => {
  it('gives single events and lists of them, with when they were heard, and sets the clock', async (t) => {
    const app = memoryApp(t)
    const ear = await Ear.on(t, app)
    await publish(app, event, 'worker.online')
    await publish(
      app,
      [
        { ...event, type: 'task-a' },
        { ...event, type: 'task-b', clock: 90 },
      ],
      'task.multi',
    )
    await ear.until(() => ear.events.length === 3)
    assert.deepEqual(
      ear.events.map(({ type }) => type),
      ['worker-online', 'task-a', 'task-b'],
    )
    const [{ local_received: heard, ...fields } = {} as ReceivedEvent] = ear.events
    assert.deepEqual(fields, event)
    assert.ok(Math.abs(Date.now() / 1000 - heard) < 60)
    assert.ok(app.clock.value > 90, String(app.clock.value))
  })

  it('does not set its clock by a client, which hears nobody', async (t) => {
    const app = memoryApp(t)
    const ear = await Ear.on(t, app)
    await publish(app, { ...event, type: 'task-sent', clock: 1_000_000 }, 'task.sent')
    await ear.until(() => ear.events.length === 1)
    assert.ok(app.clock.value < 1000)
    assert.ok((ear.events[0]?.clock ?? Infinity) < 1000)
  })

  it('hears only what its topic lets through', async (t) => {
    const app = memoryApp(t)
    const ear = await Ear.on(t, app, { routingKey: 'worker.#' })
    await publish(app, { ...event, type: 'task-sent' }, 'task.sent')
    await publish(app, event, 'worker.online')
    await ear.until(() => ear.events.length === 1)
    assert.equal(ear.events[0]?.type, 'worker-online')
  })

  it('survives what is no event, and a listener that throws', async (t) => {
    const app = memoryApp(t)
    const heard: string[] = []
    const ear = await Ear.on(t, app, {
      onEvent: ({ type }) => {
        heard.push(type)
        throw new Error('no idea')
      },
    })
    for (const body of ['text', null, { type: 'worker-online' }, event]) await publish(app, body, 'x')
    await ear.until(() => ear.errors.length === 4)
    assert.deepEqual(heard, ['worker-online'])
    assert.match(
      String(ear.errors[2]),
      /needs type, hostname and timestamp; this is {"type":"worker-online"}/,
    )
  })

  it('asks the workers for a heartbeat when it begins', async (t) => {
    const app = memoryApp(t)
    const worker = await app.worker({ hostname: 'w1@host', heartbeatInterval: 3600 })
    await worker.start()
    t.after(() => worker.stop())
    const ear = await Ear.on(t, app)
    await ear.until(() => ear.events.some(({ type }) => type === 'worker-heartbeat'))
    assert.deepEqual([ear.events.at(-1)?.hostname, ear.events.at(-1)?.freq], ['w1@host', 3600])
  })
})
