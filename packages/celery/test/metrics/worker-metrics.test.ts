import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Celery, Ignore, Reject } from '../../src/index.ts'
import { TestClock } from '../../src/testing/index.ts'
import { memoryApp } from '../memory-app.ts'
import { createApp } from '../process-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { stepBench } from '../worker/consumer-step/step-bench.ts'
import { freePort } from './free-port.ts'
import { PrometheusText, scrape } from './prometheus-text.ts'

const loaded = () =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) => /prom-client|@opentelemetry/.test(path))

/** Only when a test has use of it: the first one is about nothing of it being loaded. */
const loadMetrics = () => import('../../src/metrics/index.ts')

/** Metrics of an app whose workers run in this process, read without a server. */
async function measured(t: TestContext, addTasks: (app: Celery) => void, settings = {}) {
  const app = memoryApp(t, settings)
  addTasks(app)
  const { WorkerMetrics } = await loadMetrics()
  const metrics = new WorkerMetrics(app).install()
  const read = async () => new PrometheusText(await metrics.register.metrics())
  return { app, metrics, read }
}

describe('metrics that nobody asked for', () => {
  it('load nothing and hear nothing', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1)
    await using _running = await RunningWorker.start(app)
    await (await task.delay()).get({ timeout: 30 })
    assert.deepEqual(loaded(), [])
    const { publish, run, message } = app.middleware
    assert.deepEqual([publish.size, run.size, message.size], [0, 0, 0])
    await loadMetrics()
    assert.notDeepEqual(loaded(), [], 'this test can fail')
  })
})

describe('metrics of a worker', { timeout: 120_000 }, () => {
  for (const pool of ['prefork', 'threads', 'async', 'solo'] as const) {
    it(`count its tasks by name and state, over HTTP: ${pool}`, async (t) => {
      const folder = await temporaryFolder(t)
      const settings = {
        brokerUrl: `sqlite:///${join(folder, 'broker.sqlite')}`,
        resultBackend: `sqlite:///${join(folder, 'results.sqlite')}`,
        workerMetricsPort: await freePort(),
      }
      const { app, tasks } = createApp(settings)
      t.after(() => app.close())
      const appModule = join(import.meta.dirname, '../process-app.ts')
      await using running = await RunningWorker.start(app, { pool, appModule, settings, hostname: 'w1@host' })
      const adding = await Promise.all([1, 2, 3].map((each) => tasks.add.delay(each, 1)))
      for (const result of adding) await result.get({ timeout: 20 })
      for (const _ of [1, 2])
        await assert.rejects((await tasks.fail.delay('no')).get({ timeout: 20 }), RangeError)
      assert.equal(await (await tasks.retry.delay(1)).get({ timeout: 20 }), 1)
      await running.worker.state.idle()

      const told = await scrape(`http://127.0.0.1:${settings.workerMetricsPort}/metrics`)
      const here = { hostname: 'host', worker: 'w1@host' }
      const counts = (name: string) =>
        ['received', 'started', 'succeeded', 'failed', 'retried', 'revoked', 'rejected'].map((state) =>
          told.value(`celery_task_${state}_total`, { ...here, name, queue_name: 'celery' }),
        )
      assert.deepEqual(counts('tasks.add'), [3, 3, 3, 0, 0, 0, 0])
      assert.deepEqual(counts('tasks.fail'), [2, 2, 0, 2, 0, 0, 0])
      assert.deepEqual(counts('tasks.retry'), [2, 2, 1, 0, 1, 0, 0])
      assert.equal(told.value('celery_task_failed_total', { name: 'tasks.fail', exception: 'RangeError' }), 2)
      assert.equal(told.value('celery_task_runtime_count', { name: 'tasks.add' }), 3)
      assert.equal(told.value('celery_task_wait_seconds_count', { name: 'tasks.fail' }), 2)
      assert.equal(told.value('celery_results_stored_total', here), 7)
      assert.equal(told.value('celery_worker_up', here), 1)
      assert.equal(told.value('celery_worker_tasks_active', here), 0)
      const hasChildren = pool === 'prefork' || pool === 'threads'
      assert.equal(told.value('celery_worker_pool_size', here), pool === 'solo' ? 1 : 2)
      assert.equal(told.value('celery_worker_pool_children_started_total', here), hasChildren ? 2 : undefined)
      assert.equal(Number(told.value('celery_worker_pool_memory_bytes', here)) > 1e6, hasChildren)
      assert.equal(told.value('sums_total', here), 3, 'what the app measures where its tasks run')
      assert.equal(told.value('celery_queue_length', { queue_name: 'celery' }), 0)
      assert.equal(told.value('celery_active_consumer_count', { queue_name: 'celery' }), 1)
      assert.ok(Number(told.value('process_resident_memory_bytes')) > 1e6)
    })
  }

  it('have what was counted in children that are gone', async (t) => {
    const folder = await temporaryFolder(t)
    const settings = {
      brokerUrl: `sqlite:///${join(folder, 'broker.sqlite')}`,
      resultBackend: `sqlite:///${join(folder, 'results.sqlite')}`,
      workerMaxTasksPerChild: 2,
    }
    const { app, tasks } = createApp(settings)
    t.after(() => app.close())
    const { WorkerMetrics } = await loadMetrics()
    const metrics = new WorkerMetrics(app).install()
    const appModule = join(import.meta.dirname, '../process-app.ts')
    await using running = await RunningWorker.start(app, {
      ...{ pool: 'prefork', concurrency: 1, appModule, settings },
    })
    for (const each of [1, 2, 3]) await (await tasks.add.delay(each, 1)).get({ timeout: 20 })
    await running.worker.state.idle()
    const told = new PrometheusText(await metrics.register.metrics())
    assert.equal(told.value('celery_worker_pool_children_started_total'), 2)
    assert.equal(told.value('sums_total'), 3)
  })

  it('tell which messages it has in hand, and how long the queue is', async (t) => {
    const gate = new Gate()
    const { app, read } = await measured(t, (each) =>
      each.task('wait', () => gate.pass(), { acksLate: true }),
    )
    const clock = new TestClock()
    await using running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 2, clock })
    await app.sendTask('wait', { countdown: 600 })
    for (let sent = 0; sent < 4; sent += 1) await app.sendTask('wait')
    await gate.entered
    await running.logger.said(/Task wait.* received/, 3)
    await nextTurn() // what was received is reserved by then
    const told = await read()
    const state = (name: string) => told.value('celery_worker_messages', { state: name })
    assert.deepEqual([state('active'), state('waiting'), state('held')], [1, 1, 1])
    assert.equal(told.value('celery_worker_tasks_active'), 1)
    assert.equal(told.value('celery_worker_prefetch_count'), 3)
    assert.equal(told.value('celery_queue_length', { queue_name: 'celery' }), 2)
    assert.equal(told.value('celery_task_sent_total', { name: 'wait', queue_name: 'celery' }), 5)
    gate.open()
  })

  it('count what ends without a state, and what is put aside', async (t) => {
    const { app, read } = await measured(t, (each) => {
      each.task('ignore', () => {
        throw new Ignore()
      })
      each.task('reject', () => {
        throw new Reject('not mine', { requeue: false })
      })
      each.task('late', () => 1)
    })
    await using running = await RunningWorker.start(app)
    await app.sendTask('ignore')
    await app.sendTask('reject')
    await app.sendTask('late', { expires: new Date(Date.now() - 1000) })
    await app.sendTask('nobody.has.it')
    await running.logger.said(/never registered/)
    await running.worker.stop()
    const told = await read()
    assert.equal(told.value('celery_task_ignored_total', { name: 'ignore' }), 1)
    assert.equal(told.value('celery_task_rejected_total', { name: 'reject' }), 1)
    assert.deepEqual(
      told.samples.filter(({ labels }) => labels.name === 'nobody.has.it').map(({ name }) => name),
      ['celery_task_sent_total'],
      'a task that nobody has makes no series at the worker',
    )
  })

  it('count dead letters, unknown tasks and lost connections', async (t) => {
    const { app, read } = await measured(t, () => {})
    await using running = await RunningWorker.start(app)
    await app.sendTask('nobody.has.it')
    await running.logger.said(/goes to the dead letters/)
    await running.worker.state.idle()
    running.worker.consumer.restart(new Error('the line was cut'))
    await running.logger.said(/Connected to/, 2)
    const told = await read()
    assert.equal(told.value('celery_task_unknown_total'), 1)
    assert.equal(told.value('celery_broker_reconnects_total'), 1)
    assert.equal(told.value('celery_dead_letters_total'), 1)
  })

  it('count runs of which no result could be stored', async (t) => {
    const { app, read } = await measured(t, (each) => each.task('t', () => 1, { acksLate: true }))
    const backend = await app.backend()
    backend.markAsDone = () => Promise.reject(new Error('the store is away'))
    await using running = await RunningWorker.start(app)
    await app.sendTask('t')
    await running.logger.said(/t\[.*goes back to its queue: the store is away/)
    const told = await read()
    assert.deepEqual(
      [told.value('celery_results_failed_total'), told.value('celery_results_stored_total')],
      [1, 0],
    )
  })

  it('count messages that are no tasks, by their type', async (t) => {
    const { app, send, start, dead } = stepBench(t, ({ number }) => {
      if (number < 0) throw new Reject('negative', { requeue: false })
    })
    const { WorkerMetrics } = await loadMetrics()
    const { register } = new WorkerMetrics(app).install()
    const running = await start()
    await send({ type: 'placed', number: 1 })
    await send({ type: 'placed', number: -1 })
    await send({ type: 'of a stranger' })
    for (const _ of [1, 2]) await dead()
    await running.worker.stop()
    const told = new PrometheusText(await register.metrics())
    const of = (type: string) => ({ step: 'Orders', queue_name: 'orders', type })
    assert.equal(told.value('celery_message_received_total', { step: 'Orders', queue_name: 'orders' }), 3)
    assert.equal(told.value('celery_message_handled_total', of('placed')), 1)
    assert.equal(told.value('celery_message_runtime_seconds_count', of('placed')), 1)
    assert.equal(told.value('celery_message_rejected_total', of('placed')), 1)
    assert.equal(told.value('celery_message_rejected_total', of('')), 1)
  })

  it('say that it takes nothing any more, by being gone', async (t) => {
    const { app, read } = await measured(t, () => {})
    const running = await RunningWorker.start(app)
    assert.equal((await read()).value('celery_worker_up'), 1)
    await running[Symbol.asyncDispose]()
    assert.equal((await read()).value('celery_worker_up'), undefined)
  })
})
