import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { ReceivedEvent } from '../../src/index.ts'
import { ClusterMetrics, EventEnabler } from '../../src/metrics/index.ts'
import { CeleryProcess } from '../bin/celery-process.ts'
import { Ear } from '../events/ear.ts'
import { Ground, skipWithout } from '../interop/border.ts'
import { createApp } from '../interop/interop-app.ts'
import { PythonWorker } from '../interop/python-processes.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { within } from '../within.ts'
import { freePort } from './free-port.ts'
import { PrometheusText, scrape } from './prometheus-text.ts'

const HERE = { hostname: 'host', worker: 'w1@host', queue_name: 'celery' }

/** Metrics at a time that the test says, told of what it says. */
function heard(t: TestContext) {
  let now = 1_000
  const metrics = new ClusterMetrics(memoryApp(t), { now: () => now })
  const hear = (type: string, fields: Record<string, unknown> = {}) => {
    const common = { utcoffset: 0, pid: 1, clock: now, local_received: now }
    metrics.event({ type, hostname: 'w1@host', timestamp: now, ...common, ...fields } as ReceivedEvent)
  }
  const pass = (seconds: number) => {
    now += seconds
  }
  const read = async () => new PrometheusText(await metrics.register.metrics())
  return { hear, pass, read }
}

describe('metrics of a cluster', () => {
  it('are what its events tell', async (t) => {
    const { hear, pass, read } = heard(t)
    hear('task-sent', { uuid: '1', name: 'add', queue: 'fast', hostname: 'gen1@client' })
    hear('task-received', { uuid: '1', name: 'add' })
    pass(2)
    hear('task-started', { uuid: '1' })
    hear('task-succeeded', { uuid: '1', runtime: 0.5, result: '3' })
    hear('task-received', { uuid: '2', name: 'fail' })
    hear('task-failed', { uuid: '2', exception: "ValueError('no', 3)" })
    hear('worker-heartbeat', { freq: 2, active: 4 })
    const told = await read()
    const add = { ...HERE, name: 'add', queue_name: 'fast' }
    assert.equal(
      told.value('celery_task_sent_total', { name: 'add', hostname: 'client', queue_name: 'fast' }),
      1,
    )
    assert.equal(told.value('celery_task_succeeded_total', add), 1)
    assert.equal(told.value('celery_task_runtime_sum', add), 0.5)
    assert.equal(told.value('celery_task_wait_seconds_sum', add), 2)
    assert.equal(
      told.value('celery_task_failed_total', { ...HERE, name: 'fail', exception: 'ValueError' }),
      1,
    )
    assert.equal(told.value('celery_worker_up', { worker: 'w1@host' }), 1)
    assert.equal(told.value('celery_worker_tasks_active', { worker: 'w1@host' }), 4)
  })

  it('forget a worker that is no longer heard', async (t) => {
    const { hear, pass, read } = heard(t)
    hear('worker-heartbeat', { freq: 2, active: 4 })
    hear('task-received', { uuid: '1', name: 'add' })
    hear('task-failed', { uuid: '1', exception: "ValueError('no')" })
    pass(10)
    const silent = await read()
    assert.deepEqual([silent.value('celery_worker_up'), silent.value('celery_worker_tasks_active')], [0, 0])
    assert.equal(silent.value('celery_task_failed_total'), 1)
    pass(600)
    const forgotten = await read()
    assert.equal(forgotten.value('celery_worker_up'), undefined)
    assert.equal(forgotten.value('celery_task_failed_total'), undefined)
  })

  it('say at once that a worker has left', async (t) => {
    const { hear, read } = heard(t)
    hear('worker-online', { freq: 2 })
    hear('worker-offline')
    assert.equal((await read()).value('celery_worker_up', { worker: 'w1@host' }), 0)
  })

  it('tell so many names apart, whatever strangers send', async (t) => {
    const { hear, read } = heard(t)
    for (let uuid = 0; uuid < 1_100; uuid += 1)
      hear('task-received', { uuid: String(uuid), name: `t${uuid}` })
    const told = await read()
    const names = new Set(told.samples.map(({ labels }) => labels.name).filter((name) => name !== undefined))
    assert.equal(names.size, 1_001)
    assert.equal(told.value('celery_task_received_total', { name: 'other' }), 100)
  })

  it('are told of a worker of Python', { skip: skipWithout('RabbitMQ'), timeout: 60_000 }, async (t) => {
    const ground = new Ground('RabbitMQ', {}, { worker_send_task_events: true })
    const app = createApp(ground.settings)
    const metrics = new ClusterMetrics(app, { queues: [ground.theirs] })
    const succeeded = Promise.withResolvers<void>()
    const consuming = Promise.withResolvers<void>()
    const name = `theirs@${ground.run}`
    const receiver = app.events.receiver({
      onEvent(event) {
        if (event.hostname !== name) return // others share this broker
        metrics.event(event)
        if (event.type === 'task-succeeded') succeeded.resolve()
        else consuming.resolve()
      },
    })
    const running = receiver.run()
    const worker = new PythonWorker(ground.python, ground.theirs, name)
    t.after(async () => {
      await worker.end()
      await receiver.stop()
      await running
      await app.close()
      await ground.forget()
    })
    await worker.ready()
    await within(consuming.promise, () => 'the worker was not heard')
    await (await app.sendTask('py.add', { args: [1, 2], queue: ground.theirs })).get({ timeout: 20 })
    await within(succeeded.promise, () => 'nothing was heard of the task')
    const told = new PrometheusText(await metrics.register.metrics())
    const labels = { worker: name, hostname: ground.run, name: 'py.add' }
    assert.equal(told.value('celery_task_received_total', labels), 1)
    assert.equal(told.value('celery_task_succeeded_total', labels), 1)
    assert.equal(told.value('celery_task_runtime_count', labels), 1)
    assert.equal(told.value('celery_worker_up', { worker: name }), 1)
    assert.equal(told.value('celery_queue_length', { queue_name: ground.theirs }), 0)
    assert.equal(told.value('celery_active_consumer_count', { queue_name: ground.theirs }), 1)
  })
})

describe('events that a monitor needs', () => {
  it('are asked for once of each worker, and again when it comes back', () => {
    const asked: string[] = []
    const enabler = new EventEnabler((nodeName) => asked.push(nodeName))
    const hear = (type: string, hostname: string) => enabler.hear({ type: `worker-${type}`, hostname })
    for (const type of ['online', 'heartbeat', 'heartbeat']) hear(type, 'w1@host')
    hear('heartbeat', 'w2@host')
    assert.deepEqual(asked, ['w1@host', 'w2@host'])
    for (const type of ['online', 'heartbeat', 'heartbeat']) hear(type, 'w1@host')
    assert.deepEqual(asked, ['w1@host', 'w2@host', 'w1@host'])
  })

  it('come from a worker that was started later', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1)
    const enabled = Promise.withResolvers<unknown>()
    const enabler = new EventEnabler((nodeName) => {
      enabled.resolve(app.control.enableEvents({ destination: [nodeName], reply: true }))
    })
    await Ear.on(t, app, { onEvent: (event) => enabler.hear(event) })
    const watching = await Ear.on(t, app)
    await using _running = await RunningWorker.start(app, { hostname: 'w1@host', heartbeatInterval: 0.05 })
    await within(enabled.promise, () => 'nobody asked for events')
    await task.delay()
    await watching.until(() => watching.events.some(({ type }) => type === 'task-succeeded'))
  })
})

describe('celery exporter', () => {
  it('answers Prometheus until it is told to stop', async () => {
    const port = await freePort()
    await using exporter = new CeleryProcess(['exporter', '--port', String(port)])
    await exporter.said(/metrics of the cluster are at/)
    const told = await scrape(`http://127.0.0.1:${port}/metrics`)
    assert.equal(told.types.get('celery_worker_up'), 'gauge')
    exporter.kill('SIGTERM')
    assert.equal(await exporter.ended(), 0, exporter.stderr)
  })
})

describe('celery worker --metrics-port', () => {
  it('answers Prometheus', async () => {
    const port = await freePort()
    await using worker = new CeleryProcess([
      'worker',
      '-P',
      'async',
      '--metrics-port',
      String(port),
      '-l',
      'info',
    ])
    await worker.said(/ready/)
    const told = await scrape(`http://127.0.0.1:${port}/metrics`)
    assert.equal(told.value('celery_worker_up'), 1)
    worker.kill('SIGTERM')
    assert.equal(await worker.ended(), 0, worker.stderr)
  })
})
