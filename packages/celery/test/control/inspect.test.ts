import assert from 'node:assert/strict'
import { open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { memoryApp } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { asked, NODE } from './asked.ts'

type Table = Record<string, unknown>

describe('a worker that is inspected', { timeout: 120_000 }, () => {
  it('writes what is in memory to a file of its own', async (t) => {
    const app = memoryApp(t)
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const { filename } = (await asked(app, 'objgraph')) as { filename: string }
    t.after(() => rm(dirname(filename), { recursive: true }))
    const file = await open(filename)
    t.after(() => file.close())
    const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0)
    assert.match(buffer.toString('utf8', 0, bytesRead), /^\{"snapshot":/)
    assert.equal((await stat(dirname(filename))).mode & 0o077, 0, 'others may not read it')
  })

  it('shows the tasks in its hands, while it is busy', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('tasks.pass', (_x: number, _options: object) => gate.pass())
    await using running = await RunningWorker.start(app, { hostname: NODE, concurrency: 1 })
    const active = await task.delay(1, { deep: null })
    await gate.entered
    const reserved = await task.delay(2, {})
    const eta = new Date('2222-02-02T02:02:02.5Z')
    const scheduled = await task.applyAsync({ args: [3, {}], eta })
    await running.logger.said(/received/, 3)
    const [first] = (await asked(app, 'active')) as Table[]
    const { time_start, ...info } = first as Table
    assert.ok(Math.abs(Number(time_start) - Date.now() / 1000) < 60)
    assert.deepEqual(info, {
      id: active.id,
      name: 'tasks.pass',
      args: [1, { deep: null }],
      kwargs: {},
      type: 'tasks.pass',
      hostname: NODE,
      acknowledged: true,
      delivery_info: { exchange: '', routing_key: 'celery', priority: 0, redelivered: false },
      worker_pid: process.pid,
    })
    const [safe] = (await asked(app, 'dump_active', { safe: true })) as Table[]
    assert.deepEqual([safe?.args, safe?.kwargs], ["(1, {'deep': None})", '{}'])
    const waiting = (await asked(app, 'reserved')) as Table[]
    assert.deepEqual(
      waiting.map(({ id, time_start, worker_pid }) => [id, time_start, worker_pid]),
      [[reserved.id, null, null]],
    )
    const [later, ...none] = (await asked(app, 'scheduled')) as Table[]
    assert.deepEqual(none, [])
    assert.deepEqual([later?.eta, later?.priority], ['2222-02-02T02:02:02.500+00:00', 6])
    assert.equal((later?.request as Table | undefined)?.id, scheduled.id)
    const found = (await asked(app, 'query_task', { ids: [active.id, reserved.id, 'unknown'] })) as Table
    assert.deepEqual(
      Object.entries(found).map(([id, state]) => [id, (state as unknown[])[0]]),
      [
        [active.id, 'active'],
        [reserved.id, 'reserved'],
      ],
    )
    gate.open()
  })

  it('forgets a task that was scheduled when its time has come', async (t) => {
    const app = memoryApp(t)
    const task = app.task('tasks.one', () => 1)
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const result = await task.applyAsync({ countdown: 0.05 })
    assert.equal(await result.get({ timeout: 20 }), 1)
    assert.deepEqual(await asked(app, 'scheduled'), [])
  })

  it('lists its tasks, with the attributes that are asked for', async (t) => {
    const app = memoryApp(t)
    app.task('tasks.b', () => 1)
    app.task('tasks.a', () => 1, { rateLimit: '10/m', maxRetries: null })
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    assert.deepEqual(await asked(app, 'registered'), ['tasks.a [rate_limit=10/m]', 'tasks.b'])
    const taskinfoitems = ['name', 'max_retries', 'serializer', 'acks_late', 'no_such']
    assert.deepEqual(await asked(app, 'registered', { taskinfoitems }), [
      'tasks.a [name=tasks.a serializer=json acks_late=False]',
      'tasks.b [name=tasks.b max_retries=3 serializer=json acks_late=False]',
    ])
  })

  it('counts what it ran and what it uses', async (t) => {
    const app = memoryApp(t)
    const task = app.task('tasks.one', () => 1)
    await using _running = await RunningWorker.start(app, { hostname: NODE, concurrency: 3 })
    await (await task.delay()).get({ timeout: 20 })
    const stats = (await asked(app, 'stats')) as Record<string, Table>
    assert.deepEqual(stats.total, { 'tasks.one': 1 })
    assert.equal(stats.prefetch_count, 12)
    assert.deepEqual([stats.pool?.['max-concurrency'], stats.pool?.processes], [3, [process.pid]])
    assert.deepEqual([stats.pid, typeof stats.clock, typeof stats.uptime], [process.pid, 'string', 'number'])
    assert.equal(stats.broker?.transport, 'memory')
    assert.ok(Number(stats.rusage?.maxrss) > 0)
    const { clock } = (await asked(app, 'clock')) as { clock: number }
    assert.ok(clock > Number(stats.clock))
  })

  it('shows its settings without their secrets', async (t) => {
    const app = memoryApp(t, {
      brokerTransportOptions: { password: 'hush', depth: 1 },
      taskQueues: ['mail'],
      resultExpires: 60,
    })
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const conf = (await asked(app, 'conf')) as Table
    assert.equal(conf.result_expires, 60)
    assert.deepEqual(conf.broker_transport_options, { password: '********', depth: 1 })
    assert.equal(conf.task_serializer, undefined)
    const all = (await asked(app, 'dump_conf', { with_defaults: true })) as Table
    assert.equal(all.task_serializer, 'json')
    const { ok } = (await asked(app, 'report')) as { ok: string }
    assert.match(ok, /^software -> celery:\S+ \(TypeScript\) node:/m)
    assert.doesNotMatch(ok, /hush/)
  })

  it('says how much memory it uses, now and before', async (t) => {
    const app = memoryApp(t)
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const sample = await asked(app, 'memsample')
    assert.match(String(sample), /^\d+(\.\d+)?[MG]B$/)
    assert.match(String(await asked(app, 'memdump')), new RegExp(`^- ${sample}$`, 'm'))
  })

  it('tells who asks for a command that does not exist, or asks wrongly', async (t) => {
    const app = memoryApp(t)
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    assert.deepEqual(await asked(app, 'dance'), { error: "KeyError('dance')" })
    const { error } = (await asked(app, 'rate_limit')) as { error: string }
    assert.match(error, /^TypeError\("?.*'task_name\\?' must be a string/)
  })
})

describe('Inspect', { timeout: 120_000 }, () => {
  it('gathers what every worker says, by its name', async (t) => {
    const app = memoryApp(t)
    app.task('tasks.one', () => 1)
    await using _one = await RunningWorker.start(app, { hostname: 'one@test' })
    await using _two = await RunningWorker.start(app, { hostname: 'two@test' })
    const both = app.control.inspect({ limit: 2, timeout: 20 })
    assert.deepEqual(await both.registered(), { 'one@test': ['tasks.one'], 'two@test': ['tasks.one'] })
    assert.deepEqual(Object.keys((await both.stats()) ?? {}).sort(), ['one@test', 'two@test'])
    const second = app.control.inspect({ pattern: 't[!x]*@*', matcher: 'glob', limit: 1, timeout: 20 })
    assert.deepEqual(await second.ping(), { 'two@test': { ok: 'pong' } })
    const first = app.control.inspect({ pattern: '(one|three)@', matcher: 'pcre', limit: 1, timeout: 20 })
    assert.deepEqual(await first.revoked(), { 'one@test': [] })
  })

  it('gives nothing when nobody is there', async (t) => {
    assert.equal(await memoryApp(t).control.inspect({ timeout: 0.05 }).ping(), undefined)
  })
})
