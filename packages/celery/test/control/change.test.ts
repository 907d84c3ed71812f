import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Queue } from '@voice-pocket/kombu'
import { SoftTimeLimitExceeded, TaskRevokedError } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { asked, NODE } from './asked.ts'

describe('limits of tasks', { timeout: 120_000 }, () => {
  it('of rate are changed live, also for what waits because of the old one', async (t) => {
    const app = memoryApp(t)
    const task = app.task('tasks.one', () => 1, { rateLimit: '1/h' })
    await using running = await RunningWorker.start(app, { hostname: NODE })
    const results = [await task.delay(), await task.delay(), await task.delay()]
    await running.logger.said(/received/, 3)
    const changed = await asked(app, 'rate_limit', { task_name: 'tasks.one', rate_limit: '100/s' })
    assert.deepEqual(changed, { ok: 'new rate limit set successfully' })
    for (const result of results) assert.equal(await result.get({ timeout: 20 }), 1)
    assert.deepEqual(await asked(app, 'registered'), ['tasks.one [rate_limit=100/s]'])
    const off = await asked(app, 'rate_limit', { task_name: 'tasks.one', rate_limit: 0 })
    assert.deepEqual(off, { ok: 'rate limit disabled successfully' })
    assert.deepEqual(await asked(app, 'rate_limit', { task_name: 'no.such', rate_limit: '1/s' }), {
      error: 'unknown task',
    })
    const wrong = (await asked(app, 'rate_limit', { task_name: 'tasks.one', rate_limit: 'fast' })) as object
    assert.match(JSON.stringify(wrong), /^{"error":"Invalid rate limit string: /)
  })

  it('of time are changed live', async (t) => {
    const app = memoryApp(t)
    const untilAborted = (signal: AbortSignal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const task = app.task('tasks.wait', (self) => untilAborted(self.request.signal), { bind: true })
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const changed = await asked(app, 'time_limit', { task_name: 'tasks.wait', soft: 0.05, hard: 30 })
    assert.deepEqual(changed, { ok: 'time limits set successfully' })
    await assert.rejects((await task.delay()).get({ timeout: 20 }), SoftTimeLimitExceeded)
    assert.deepEqual(await asked(app, 'registered', { taskinfoitems: ['soft_time_limit', 'time_limit'] }), [
      'tasks.wait [soft_time_limit=0.05 time_limit=30]',
    ])
    assert.deepEqual(await asked(app, 'time_limit', { task_name: 'no.such' }), { error: 'unknown task' })
  })
})

describe('queues of a worker', { timeout: 120_000 }, () => {
  it('come and go by remote control, and stay over a reconnection', async (t) => {
    const app = memoryApp(t)
    const task = app.task('tasks.one', () => 1)
    await using running = await RunningWorker.start(app, { hostname: NODE })
    const queues = async () =>
      ((await asked(app, 'active_queues')) as { name: string }[]).map(({ name }) => name)
    const added = await asked(app, 'add_consumer', {
      queue: 'mail',
      exchange: 'post',
      exchange_type: 'topic',
    })
    assert.deepEqual(added, { ok: 'add consumer mail' })
    assert.deepEqual(await asked(app, 'add_consumer', { queue: 'mail' }), { ok: 'add consumer mail' })
    assert.deepEqual(await queues(), ['celery', 'mail'])
    assert.equal(await (await task.applyAsync({ queue: 'mail' })).get({ timeout: 20 }), 1)
    running.worker.consumer.restart(new Error('a test wants it'))
    await running.logger.said(/connection to the broker was lost/)
    await running.logger.said(/Connected to/, 2)
    assert.equal(await (await task.applyAsync({ queue: 'mail' })).get({ timeout: 20 }), 1)
    const gone = await asked(app, 'cancel_consumer', { queue: 'mail' })
    assert.deepEqual(gone, { ok: 'no longer consuming from mail' })
    assert.deepEqual(await queues(), ['celery'])
    await task.applyAsync({ queue: 'mail' })
    assert.equal(await queueSize(app, 'mail'), 1)
  })

  it('that the broker refuses are not taken, and do no harm', async (t) => {
    const app = memoryApp(t)
    const task = app.task('tasks.one', () => 1)
    const channel = await app.connection.channel()
    await new Queue('strict', { durable: false }).declare(channel)
    await channel.close()
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const { error } = (await asked(app, 'add_consumer', { queue: 'strict' })) as { error: string }
    assert.match(error, /^ChannelError/)
    assert.equal(await (await task.delay()).get({ timeout: 20 }), 1)
  })

  it('are described as Celery does', async (t) => {
    const app = memoryApp(t, { taskQueueMaxPriority: 5 })
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    assert.deepEqual(await asked(app, 'active_queues'), [
      {
        name: 'celery',
        exchange: {
          name: 'celery',
          type: 'direct',
          arguments: null,
          durable: true,
          passive: false,
          auto_delete: false,
          delivery_mode: 2,
          no_declare: false,
        },
        routing_key: 'celery',
        queue_arguments: { 'x-max-priority': 5 },
        binding_arguments: null,
        consumer_arguments: null,
        durable: true,
        exclusive: false,
        auto_delete: false,
        no_ack: false,
        alias: null,
        bindings: [],
        no_declare: null,
        expires: null,
        message_ttl: null,
        max_length: null,
        max_length_bytes: null,
        max_priority: 5,
      },
    ])
  })
})

describe('the pool of a worker', { timeout: 120_000 }, () => {
  it('grows and shrinks by remote control, and with it what is taken in advance', async (t) => {
    const app = memoryApp(t)
    await using running = await RunningWorker.start(app, { hostname: NODE, concurrency: 2 })
    assert.deepEqual(await asked(app, 'pool_grow', { n: 3 }), { ok: 'pool will grow' })
    assert.deepEqual([running.worker.pool.limit, running.worker.consumer.prefetchCount], [5, 20])
    assert.deepEqual(await asked(app, 'pool_shrink'), { ok: 'pool will shrink' })
    assert.deepEqual([running.worker.pool.limit, running.worker.consumer.prefetchCount], [4, 16])
    assert.match(JSON.stringify(await asked(app, 'pool_shrink', { n: 4 })), /keeps at least 1 slot/)
  })

  it('is restarted with modules, which this process imports as well', async (t) => {
    const folder = await temporaryFolder(t)
    const module = join(folder, 'more.mjs')
    await writeFile(module, "process.emit('test:more')")
    const app = memoryApp(t, { workerPoolRestarts: true })
    const imported = new Promise((resolve) => process.once('test:more' as 'exit', resolve))
    await using running = await RunningWorker.start(app, { hostname: NODE })
    const restarted: unknown[] = []
    running.worker.pool.restart = (modules) => void restarted.push(modules)
    const [reply] = await app.control.poolRestart({ modules: [module], reply: true, limit: 1, timeout: 20 })
    assert.deepEqual(reply, { [NODE]: { ok: 'reload started' } })
    await imported
    assert.deepEqual(restarted, [[module]])
  })

  it('is restarted and scaled only where that was turned on', async (t) => {
    const app = memoryApp(t)
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    assert.deepEqual(await asked(app, 'pool_restart'), { error: "ValueError('Pool restarts not enabled')" })
    assert.deepEqual(await asked(app, 'autoscale', { max: 3, min: 1 }), {
      error: "ValueError('Autoscale not enabled')",
    })
  })
})

describe('a revocation by stamps', { timeout: 120_000 }, () => {
  it('keeps tasks from running that wait or come later, and no others', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('tasks.pass', () => gate.pass())
    await using running = await RunningWorker.start(app, { hostname: NODE, concurrency: 1 })
    const first = await task.applyAsync({ stamps: { customer: ['a', 'b'] } })
    await gate.entered
    const second = await task.applyAsync({ stamps: { customer: 'a' } })
    await running.logger.said(/received/, 2)
    assert.deepEqual(await asked(app, 'revoke_by_stamped_headers', { headers: { customer: ['a'] } }), {
      ok: "headers {'customer': ['a']} flagged as revoked, but not terminated",
    })
    const third = await task.applyAsync({ stamps: { customer: ['x', 'a'] } })
    const other = await task.applyAsync({ stamps: { customer: 'c' } })
    await assert.rejects(second.get({ timeout: 20 }), TaskRevokedError)
    gate.open()
    await first.get({ timeout: 20 })
    await assert.rejects(third.get({ timeout: 20 }), TaskRevokedError)
    await other.get({ timeout: 20 })
  })

  it('ends tasks that run, when it is to', async (t) => {
    const app = memoryApp(t)
    const entered = Promise.withResolvers<void>()
    const task = app.task(
      'tasks.wait',
      (self) =>
        new Promise((_, reject) => {
          self.request.signal.addEventListener('abort', () => reject(self.request.signal.reason))
          entered.resolve()
        }),
      { bind: true },
    )
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const result = await task.applyAsync({ stamps: { customer: 'a' } })
    await entered.promise
    const revoke = (headers: unknown) =>
      asked(app, 'revoke_by_stamped_headers', { headers, terminate: true, signal: 'KILL' })
    assert.deepEqual(await revoke({ customer: 'b' }), { ok: "headers {'customer': 'b'} were not terminated" })
    assert.deepEqual(await revoke(['customer=a']), { ok: "headers {'customer': 'a'} revoked" })
    await assert.rejects(result.get({ timeout: 20 }), { name: 'TaskRevokedError', message: 'terminated' })
  })
})
