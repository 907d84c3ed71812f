import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { TaskRevokedError } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

const isRevoked = (reason: string) => (error: unknown) =>
  error instanceof TaskRevokedError && error.message === reason

describe('a revoked task', { timeout: 120_000 }, () => {
  it('is not run when it comes after its revocation', async (t) => {
    const app = memoryApp(t)
    let runs = 0
    const task = app.task('t', () => {
      runs += 1
    })
    await using running = await RunningWorker.start(app)
    const result = app.asyncResult(randomUUID())
    await result.revoke()
    await assert.rejects(result.get({ timeout: 30 }), isRevoked('revoked')) // written at once
    await task.applyAsync({ taskId: result.id })
    await running.logger.said(/Discarding revoked task: t\[/)
    await running.worker.stop()
    assert.deepEqual([runs, await queueSize(app)], [0, 0])
  })

  it('is not run when it waits in the pool', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    const first = await task.delay()
    await gate.entered
    const second = await task.delay()
    await running.logger.said(/received/, 2)
    await second.revoke()
    await assert.rejects(second.get({ timeout: 30 }), isRevoked('revoked'))
    gate.open()
    await first.get({ timeout: 30 })
    await running.worker.stop()
    assert.deepEqual([gate.passed, await queueSize(app)], [1, 0])
  })

  it('is not run when it is held for later', async (t) => {
    const app = memoryApp(t)
    let runs = 0
    const task = app.task('t', () => {
      runs += 1
    })
    await using running = await RunningWorker.start(app)
    const result = await task.applyAsync({ countdown: 0.1 })
    await running.logger.said(/received/)
    await result.revoke()
    await assert.rejects(result.get({ timeout: 30 }), isRevoked('revoked'))
    await running.logger.said(/Discarding revoked task/)
    assert.equal(runs, 0)
  })

  it('goes on when it runs already', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task(
      't',
      async (self) => {
        await gate.pass()
        return self.request.signal.aborted
      },
      { bind: true },
    )
    await using running = await RunningWorker.start(app)
    const result = await task.delay()
    await gate.entered
    await result.revoke()
    await running.logger.said(/flagged as revoked/)
    gate.open()
    assert.equal(await result.get({ timeout: 30 }), false)
  })

  it('is told to give up when it is to be terminated, and is REVOKED when it does', async (t) => {
    const app = memoryApp(t)
    const running = Promise.withResolvers<void>()
    const task = app.task(
      't',
      (self) =>
        new Promise((_, reject) => {
          running.resolve()
          self.request.signal.addEventListener('abort', () => reject(self.request.signal.reason))
        }),
      { bind: true },
    )
    const revoked: unknown[] = []
    app.signals.taskRevoked.connect(({ task: { id }, terminated }) => void revoked.push([id, terminated]))
    await using worker = await RunningWorker.start(app)
    const result = await task.delay()
    await running.promise
    await result.revoke({ terminate: true })
    await assert.rejects(result.get({ timeout: 30 }), isRevoked('terminated'))
    await worker.worker.stop()
    assert.deepEqual(revoked, [[result.id, true]])
  })

  it('keeps its result when it was to be terminated and did not listen', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('t', async () => {
      await gate.pass()
      return 'done'
    })
    await using running = await RunningWorker.start(app)
    const result = await task.delay()
    await gate.entered
    await result.revoke({ terminate: true })
    await running.logger.said(/flagged as revoked/)
    gate.open()
    assert.equal(await result.get({ timeout: 30 }), 'done')
  })

  it('does not keep a worker from ending when it was to be terminated and does not listen', async (t) => {
    const app = memoryApp(t, { taskAcksLate: true })
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    const result = await task.delay()
    await gate.entered
    await result.revoke({ terminate: true })
    await running.logger.said(/flagged as revoked/)
    await running.worker.terminate()
    await assert.rejects(result.get({ timeout: 30 }), isRevoked('terminated'))
    gate.open()
  })
})

describe('remote control', { timeout: 120_000 }, () => {
  it('shows who is there', async (t) => {
    const app = memoryApp(t)
    await using _one = await RunningWorker.start(app, { hostname: 'one@test' })
    await using _two = await RunningWorker.start(app, { hostname: 'two@test' })
    const replies = await app.control.ping({ limit: 2, timeout: 10 })
    assert.deepEqual(Object.assign({}, ...replies), {
      'one@test': { ok: 'pong' },
      'two@test': { ok: 'pong' },
    })
    const [only] = await app.control.ping({ destination: ['two@test'], timeout: 10 })
    assert.deepEqual(only, { 'two@test': { ok: 'pong' } })
  })

  it('answers a revocation as Celery does, whatever the signal is called', async (t) => {
    const app = memoryApp(t)
    await using running = await RunningWorker.start(app, { hostname: 'one@test' })
    const revoke = async (args: Record<string, unknown>) => {
      const [reply] = await app.control.request('revoke', { arguments: args, limit: 1, timeout: 10 })
      return reply?.['one@test']
    }
    assert.deepEqual(await revoke({ task_id: ['a', 'b'] }), { ok: "tasks {'a', 'b'} flagged as revoked" })
    for (const signal of ['SIGKILL', 'KILL', 'kill', 9, null]) {
      assert.deepEqual(await revoke({ task_id: 'a', terminate: true, signal }), {
        ok: 'terminate: tasks unknown',
      })
    }
    assert.deepEqual(await revoke({ task_id: 'a', terminate: true, signal: 'LOUD' }), {
      error: `RangeError('There is no signal "LOUD".')`,
    })
    await running.logger.said(/Remote control: the command revoke failed/)
  })

  it('stops a worker, warm', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app, { hostname: 'one@test' })
    const result = await task.delay()
    await gate.entered
    await app.control.shutdown({ destination: ['one@test'] })
    await running.logger.said(/shutdown from remote control/)
    gate.open()
    await running.worker.finished
    assert.equal(await result.state(), 'SUCCESS')
  })

  it('is not answered where it is turned off', async (t) => {
    const app = memoryApp(t, { workerEnableRemoteControl: false })
    await using _running = await RunningWorker.start(app)
    assert.deepEqual(await app.control.ping({ timeout: 0.1 }), [])
  })
})
