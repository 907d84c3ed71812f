import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import type { ReceivedEvent } from '../../src/events/event.ts'
import {
  type BoundTask,
  type Celery,
  Ignore,
  Reject,
  type TaskOptions,
  type WorkerOptions,
} from '../../src/index.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { Ear } from '../events/ear.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

/** An app, an ear that hears its events, and a worker that sends those of tasks. */
async function watched(t: TestContext, addTasks: (app: Celery) => void, options: WorkerOptions = {}) {
  const app = memoryApp(t)
  addTasks(app)
  const ear = await Ear.on(t, app)
  const running = await RunningWorker.start(app, { taskEvents: true, hostname: 'w1@host', ...options })
  t.after(() => running[Symbol.asyncDispose]())
  const of = (uuid: string) => ear.events.filter((event) => event.uuid === uuid)
  const types = (uuid: string) => of(uuid).map(({ type }) => type)
  /** The events of a task, when the last one is of this type. */
  const until = async (uuid: string, type: string) => {
    await ear.until(() => types(uuid).includes(type))
    return types(uuid)
  }
  const fieldsOf = (uuid: string, type: string) => own(of(uuid).find((event) => event.type === type))
  return { app, ear, running, types, until, fieldsOf }
}

/** Without what every event has. */
function own(event: ReceivedEvent | undefined): Record<string, unknown> {
  assert.ok(event)
  const { type, hostname, timestamp, utcoffset, pid, clock, local_received, uuid, ...fields } = event
  return fields
}

async function untilGivenUp({ request: { signal } }: BoundTask): Promise<never> {
  await once(signal, 'abort')
  throw signal.reason
}

const throwing =
  (error: () => Error, options: TaskOptions = {}) =>
  (app: Celery) =>
    app.task(
      't',
      () => {
        throw error()
      },
      options,
    )

describe('a worker tells monitors', () => {
  it('of a task that succeeds', async (t) => {
    const { app, until, fieldsOf } = await watched(t, (app) => app.task('t', (x: string) => ({ x })))
    const { id } = await app.sendTask('t', { args: ["it's"] })
    assert.deepEqual(await until(id, 'task-succeeded'), ['task-received', 'task-started', 'task-succeeded'])
    assert.deepEqual(fieldsOf(id, 'task-received'), {
      ...{ name: 't', args: `("it's",)`, kwargs: '{}', root_id: id, parent_id: null },
      ...{ retries: 0, eta: null, expires: null },
    })
    assert.deepEqual(fieldsOf(id, 'task-started'), {})
    const { runtime, result } = fieldsOf(id, 'task-succeeded')
    assert.equal(result, `{'x': "it's"}`)
    assert.ok(Number(runtime) >= 0)
  })

  it('of times in Python’s form', async (t) => {
    const { app, until, fieldsOf } = await watched(t, (app) => app.task('t', () => 1))
    const { id } = await app.sendTask('t', { eta: '2020-01-02T03:04:05Z', expires: '2100-01-02T03:04:05Z' })
    await until(id, 'task-received')
    const { eta, expires } = fieldsOf(id, 'task-received')
    assert.deepEqual([eta, expires], ['2020-01-02T03:04:05.000+00:00', '2100-01-02T03:04:05.000+00:00'])
  })

  it('of a task that fails', async (t) => {
    const { app, until, fieldsOf } = await watched(
      t,
      throwing(() => new RangeError("don't")),
    )
    const { id } = await app.sendTask('t')
    await until(id, 'task-failed')
    const { exception, traceback } = fieldsOf(id, 'task-failed')
    assert.equal(exception, `RangeError("don't")`)
    assert.match(String(traceback), /^RangeError: don't\n.*events\.test\.ts/s)
  })

  it('of a task that is tried again', async (t) => {
    const { app, ear, fieldsOf } = await watched(t, (app) =>
      app.task(
        't',
        (self) => (self.request.retries > 0 ? 1 : self.retry({ countdown: 0, exc: new Error('later') })),
        {
          bind: true,
        },
      ),
    )
    const { id } = await app.sendTask('t')
    await ear.until(() => ear.events.some(({ type }) => type === 'task-succeeded'))
    assert.equal(fieldsOf(id, 'task-retried').exception, `Error('later')`)
    const received = ear.events.filter(({ type }) => type === 'task-received')
    assert.deepEqual(
      received.map(({ retries }) => retries),
      [0, 1],
    )
  })

  it('of a task that refuses its message, where that is still possible', async (t) => {
    const reject = throwing(() => new Reject('no', { requeue: false }), { acksLate: true })
    const { app, until, fieldsOf } = await watched(t, reject)
    const { id } = await app.sendTask('t')
    await until(id, 'task-rejected')
    assert.deepEqual(fieldsOf(id, 'task-rejected'), { requeue: false })
  })

  it('of a task that is revoked or expired before it begins', async (t) => {
    const clock = new TestClock()
    const { app, running, until, fieldsOf } = await watched(t, (app) => app.task('t', () => 1), { clock })
    clock.advance(100)
    const { id: late } = await app.sendTask('t', { expires: 50 })
    await until(late, 'task-revoked')
    assert.deepEqual(fieldsOf(late, 'task-revoked'), { terminated: false, signum: null, expired: true })
    running.worker.state.revoked.add('unwanted')
    await app.sendTask('t', { taskId: 'unwanted' })
    assert.deepEqual(await until('unwanted', 'task-revoked'), ['task-received', 'task-revoked'])
    assert.deepEqual(fieldsOf('unwanted', 'task-revoked'), {
      terminated: false,
      signum: null,
      expired: false,
    })
  })

  it('of a task that is terminated, with the signal', async (t) => {
    const { app, until, fieldsOf } = await watched(t, (app) => app.task('t', untilGivenUp, { bind: true }))
    const { id } = await app.sendTask('t')
    await until(id, 'task-started')
    await app.control.revoke(id, { terminate: true, signal: 'SIGKILL' })
    await until(id, 'task-revoked')
    assert.deepEqual(fieldsOf(id, 'task-revoked'), { terminated: true, signum: 9, expired: false })
  })

  it('of a task that nobody knows', async (t) => {
    const { app, until, fieldsOf } = await watched(t, () => {})
    const { id } = await app.sendTask('nobody.knows')
    assert.deepEqual(await until(id, 'task-failed'), ['task-failed'])
    assert.deepEqual(fieldsOf(id, 'task-failed'), { exception: "NotRegistered('nobody.knows')" })
  })

  it('of a task by its shadow, as Python’s does, and writes it in its log', async (t) => {
    const { app, running, until, fieldsOf } = await watched(t, (app) => app.task('t', () => 1))
    const { id } = await app.sendTask('t', { shadow: 'like this' })
    await until(id, 'task-succeeded')
    assert.equal(fieldsOf(id, 'task-received').name, 'like this')
    await running.logger.said(new RegExp(`Task like this\\[${id}\\] succeeded`))
  })

  it('as much of a value as its task says', async (t) => {
    const { app, until, fieldsOf } = await watched(t, (app) => {
      app.task('short', () => 'x'.repeat(90), { resultreprMaxsize: 10 })
      app.task('long', () => ['x'.repeat(3000)], { resultreprMaxsize: 5000 })
    })
    const [short, long] = [await app.sendTask('short'), await app.sendTask('long')]
    for (const { id } of [short, long]) await until(id, 'task-succeeded')
    assert.equal(fieldsOf(short.id, 'task-succeeded').result, "'xxxxxx...")
    assert.equal(fieldsOf(long.id, 'task-succeeded').result, `['${'x'.repeat(3000)}']`)
  })

  it('what a task itself sends, also where nobody asked for events of tasks', async (t) => {
    const { app, ear, until, fieldsOf } = await watched(
      t,
      (app) => app.task('t', (self) => self.sendEvent('task-halfway', { done: 5 }), { bind: true }),
      { taskEvents: false },
    )
    const { id } = await app.sendTask('t')
    assert.deepEqual(await until(id, 'task-halfway'), ['task-halfway'])
    assert.deepEqual(fieldsOf(id, 'task-halfway'), { done: 5 })
    assert.equal(ear.events.find(({ uuid }) => uuid === id)?.hostname, 'w1@host')
  })

  it('nothing of the end of a task that is ignored, nor of one that wants no events', async (t) => {
    const { app, ear, types, until } = await watched(t, (app) => {
      app.task('quiet', () => 1, { sendEvents: false })
      throwing(() => new Ignore())(app)
      app.task('last', () => 1)
    })
    const { id: quiet } = await app.sendTask('quiet')
    const { id: ignored } = await app.sendTask('t')
    await until(ignored, 'task-started')
    await app.sendTask('last')
    await ear.until(() => ear.events.some(({ type }) => type === 'task-succeeded'))
    assert.deepEqual([types(quiet), types(ignored)], [[], ['task-received', 'task-started']])
  })

  it('of itself: that it is there, how it does, that it leaves', async (t) => {
    const { ear, running } = await watched(t, () => {}, { heartbeatInterval: 0.01 })
    await ear.until(() => ear.events.filter(({ type }) => type === 'worker-heartbeat').length > 2)
    await running.worker.stop()
    await ear.until(() => ear.events.some(({ type }) => type === 'worker-offline'))
    assert.equal(ear.events[0]?.type, 'worker-online')
    for (const event of ear.events) {
      const { loadavg, sw_ver, sw_sys, ...fields } = own(event)
      assert.deepEqual(fields, { freq: 0.01, active: 0, processed: 0, sw_ident: 'ts-celery' })
      assert.equal((loadavg as number[]).length, 3)
      assert.match(String(sw_ver), /^\d+\.\d+\.\d+/)
      assert.equal(typeof sw_sys, 'string')
    }
  })
})

describe('a worker that was not told to send events of tasks', () => {
  it('sends them from when a monitor asks until it asks not to, and answers as Celery’s', async (t) => {
    const { app, ear, until } = await watched(t, (app) => app.task('t', () => 1), { taskEvents: false })
    const ask = async (command: string) => (await app.control.request(command, { limit: 1 }))[0]
    await (await app.sendTask('t')).get({ timeout: 30 })
    assert.deepEqual(await ask('enable_events'), { 'w1@host': { ok: 'task events enabled' } })
    assert.deepEqual(await ask('enable_events'), { 'w1@host': { ok: 'task events already enabled' } })
    const { id } = await app.sendTask('t')
    await until(id, 'task-succeeded')
    assert.deepEqual(await ask('disable_events'), { 'w1@host': { ok: 'task events disabled' } })
    assert.deepEqual(await ask('disable_events'), { 'w1@host': { ok: 'task events already disabled' } })
    const ofOthers = ear.events.filter(({ type, uuid }) => type.startsWith('task-') && uuid !== id)
    assert.deepEqual(ofOthers, [])
  })

  it('refuses to beat at no interval', async (t) => {
    const app = memoryApp(t)
    await assert.rejects(
      app.worker({ heartbeatInterval: 0 }),
      /heartbeatInterval is 0; it must be more than 0/,
    )
  })
})

describe('a client', () => {
  it('tells monitors of the tasks it sends, where the settings want it', async (t) => {
    const app = memoryApp(t, { taskSendSentEvent: true })
    const ear = await Ear.on(t, app)
    const { id } = await app.sendTask('t', { args: [1], queue: 'mail' })
    await ear.until(() => ear.events.length === 1)
    const [event] = ear.events
    assert.deepEqual([event?.type, event?.hostname, event?.uuid], ['task-sent', app.origin, id])
    assert.deepEqual(own(event), {
      ...{ name: 't', args: '(1,)', kwargs: '{}', root_id: id, parent_id: null, retries: 0 },
      ...{ eta: null, expires: null, queue: 'mail', exchange: '', routing_key: 'mail' },
    })
  })
})
