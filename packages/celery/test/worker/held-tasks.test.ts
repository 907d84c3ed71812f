import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TaskRevokedError } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

describe('a worker', { timeout: 120_000 }, () => {
  it('runs a task not before its time', async (t) => {
    const app = memoryApp(t)
    const now = app.task('now', () => Date.now())
    await using running = await RunningWorker.start(app)
    const eta = new Date(Date.now() + 150)
    const result = await now.applyAsync({ eta })
    await running.logger.said(/Task now\[.*\] received/)
    assert.ok((await result.get({ timeout: 30 })) >= eta.getTime())
  })

  it('runs a task at once whose time has passed', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 'ran')
    await using _running = await RunningWorker.start(app)
    const result = await task.applyAsync({ eta: new Date(0) })
    assert.equal(await result.get({ timeout: 30 }), 'ran')
  })

  it('goes on with ready tasks, however many it holds', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', (what: string) => what)
    await using running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 1 })
    for (let i = 0; i < 20; i++) await task.applyAsync({ args: ['held'], countdown: 600 })
    assert.equal(await (await task.delay('ready')).get({ timeout: 30 }), 'ready')
    await running.logger.said(/received/, 21)
    assert.equal(running.worker.consumer.parts.timer.size, 20)
    await running.worker.stop()
    assert.equal(await queueSize(app), 20) // none of them was lost
  })

  it('gives back what it holds when it is ended at once', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1)
    await using running = await RunningWorker.start(app)
    await task.applyAsync({ countdown: 600 })
    await running.logger.said(/received/)
    await running.worker.terminate()
    assert.equal(await queueSize(app), 1)
  })

  it('waits when it stops for a held task whose time came', async (t) => {
    const app = memoryApp(t, { taskAcksLate: true })
    const gate = new Gate()
    const task = app.task('t', async () => {
      await gate.pass()
      return 'whole'
    })
    await using running = await RunningWorker.start(app)
    const result = await task.applyAsync({ countdown: 0.05 })
    await gate.entered
    const stopping = running.worker.stop()
    gate.open()
    await stopping
    assert.deepEqual([await result.state(), gate.passed, await queueSize(app)], ['SUCCESS', 1, 0])
  })

  it('does not run what has expired', async (t) => {
    const app = memoryApp(t)
    let runs = 0
    const task = app.task('t', () => {
      runs += 1
    })
    const revoked: unknown[] = []
    app.signals.taskRevoked.connect(({ task: { id }, terminated, expired }) => {
      revoked.push([id, terminated, expired])
    })
    await using running = await RunningWorker.start(app)
    // the broker lets an expired message go by itself; one that is held expires here
    const result = await task.applyAsync({ countdown: 0.2, expires: 0.1 })
    await assert.rejects(
      result.get({ timeout: 30 }),
      (error) => error instanceof TaskRevokedError && error.message === 'expired',
    )
    await running.logger.said(/Discarding expired task: t\[/)
    await running.worker.stop()
    assert.deepEqual([runs, revoked, await queueSize(app)], [0, [[result.id, false, true]], 0])
  })
})
