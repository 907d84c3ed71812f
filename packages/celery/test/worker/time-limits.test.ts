import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type SignalledTask, TimeLimitExceeded } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

const isLate = (error: unknown) => error instanceof TimeLimitExceeded && error.seconds === 0.05
const never = () => new Promise<never>(() => {})

describe('a task that runs longer than its hard time limit', { timeout: 60_000 }, () => {
  it('has failed, and its worker goes on', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', never, { timeLimit: 0.05 })
    const next = app.task('next', () => 'next')
    const failed: SignalledTask[] = []
    app.signals.taskFailure.connect(({ task, exception }) => {
      assert.ok(isLate(exception))
      failed.push(task)
    })
    await using running = await RunningWorker.start(app, { pool: 'solo' })
    const result = await task.delay()
    await assert.rejects(result.get({ timeout: 30 }), isLate)
    assert.equal(await (await next.delay()).get({ timeout: 30 }), 'next')
    assert.deepEqual(
      failed.map(({ id }) => id),
      [result.id],
    )
    assert.match(running.logger.text('error'), /Task t\[.+\]: hard time limit \(0\.05s\) exceeded$/m)
    assert.match(running.logger.text('warn'), /cannot be ended in this process/)
  })

  it('has the limit of the settings unless it has one of its own', async (t) => {
    const app = memoryApp(t, { taskTimeLimit: 0.05 })
    const gate = new Gate()
    const patient = app.task('patient', () => gate.pass(), { timeLimit: 0 })
    const hasty = app.task('hasty', never)
    await using _running = await RunningWorker.start(app)
    const result = await patient.delay()
    await gate.entered
    await assert.rejects((await hasty.delay()).get({ timeout: 30 }), isLate)
    gate.open()
    await result.get({ timeout: 30 })
  })

  it('leaves nothing behind that comes later, where it cannot be ended', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const next = app.task('next', () => 'next')
    const limits = { softTimeLimit: 0.02, timeLimit: 0.05 }
    const task = app.task(
      't',
      async () => {
        await gate.pass()
        return 'too late'
      },
      limits,
    )
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    const result = await task.delay()
    await assert.rejects(result.get({ timeout: 30 }), isLate)
    gate.open()
    assert.equal(await (await next.delay()).get({ timeout: 30 }), 'next') // by then the late one has ended
    await running.worker.stop()
    assert.equal(await app.asyncResult(result.id).state(), 'FAILURE')
    assert.doesNotMatch(running.logger.text('info'), /Task t.*succeeded/)
  })

  it('has not failed as long as it is to be run again', async (t) => {
    const app = memoryApp(t)
    const failures: SignalledTask[] = []
    app.signals.taskFailure.connect(({ task }) => void failures.push(task))
    let runs = 0
    const settings = { acksLate: true, acksOnFailureOrTimeout: false, timeLimit: 0.05 }
    const task = app.task('t', () => (++runs === 1 ? never() : 'second run'), settings)
    const told: unknown[] = []
    const errback = app.task('told', (id: string) => void told.push(id))
    await using running = await RunningWorker.start(app)
    const result = await task.applyAsync({ linkError: errback.s() })
    const states: string[] = []
    for await (const { status } of result.watch({ signal: AbortSignal.timeout(10_000) })) states.push(status)
    await running.worker.stop()
    assert.deepEqual([states, failures, told], [['PENDING', 'SUCCESS'], [], []])
  })

  it('is told to give up where it cannot be ended', async (t) => {
    const app = memoryApp(t)
    const told = Promise.withResolvers<unknown>()
    const task = app.task(
      't',
      ({ request: { signal } }) => {
        signal.addEventListener('abort', () => told.resolve(signal.reason))
        return never()
      },
      { bind: true, timeLimit: 0.05 },
    )
    await using _running = await RunningWorker.start(app)
    await assert.rejects((await task.delay()).get({ timeout: 30 }), isLate)
    assert.ok(isLate(await told.promise))
  })

  for (const [what, options, runs] of [
    ['is acknowledged', { acksLate: true }, 1],
    [
      'goes back to its queue, though not for ever, where a timeout is not to be acknowledged',
      { acksLate: true, acksOnFailureOrTimeout: false },
      2,
    ],
    ['was acknowledged before it ran', { acksOnFailureOrTimeout: false }, 1],
  ] as const) {
    it(what, async (t) => {
      const app = memoryApp(t, { workerMaxDeliveries: 2 })
      let begun = 0
      const task = app.task(
        't',
        () => {
          begun += 1
          return never()
        },
        { timeLimit: 0.05, ...options },
      )
      await using running = await RunningWorker.start(app)
      const result = await task.delay()
      await running.logger.said(/hard time limit \(0\.05s\) exceeded/, runs)
      await running.worker.stop()
      assert.deepEqual([begun, await queueSize(app)], [runs, 0])
      await assert.rejects(result.get({ timeout: 30 }), isLate)
    })
  }
})
