import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { timeLimitsOf } from '../../src/app/time-limits.ts'
import { SoftTimeLimitExceeded } from '../../src/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

/** Node's own way of waiting: it throws an AbortError. */
const untilAborted = (signal: AbortSignal) => wait(2 ** 30, undefined, { signal })
const none = [undefined, undefined] as const
const conf = { taskTimeLimit: 30, taskSoftTimeLimit: 20 }
const unlimited = { taskTimeLimit: 0, taskSoftTimeLimit: 0 }

describe('the time limits of a task', { timeout: 60_000 }, () => {
  it('are those of the message, else of the task, else of the settings', () => {
    const task = { timeLimit: 3, softTimeLimit: 2 }
    assert.deepEqual(timeLimitsOf([9, 4], task, conf), { hard: 9, soft: 4 })
    assert.deepEqual(timeLimitsOf([9, undefined], task, conf), { hard: 9, soft: 2 })
    assert.deepEqual(timeLimitsOf(none, task, conf), { hard: 3, soft: 2 })
    assert.deepEqual(timeLimitsOf(none, {}, conf), { hard: 30, soft: 20 })
    assert.deepEqual(timeLimitsOf(none, {}, unlimited), { hard: undefined, soft: undefined })
  })

  it('of 0 free a task of those in the settings', () => {
    const task = { timeLimit: 0, softTimeLimit: 0 }
    assert.deepEqual(timeLimitsOf(none, task, conf), { hard: undefined, soft: undefined })
  })

  it('are refused when they cannot be kept', async (t) => {
    const app = memoryApp(t)
    assert.throws(() => app.task('a', () => 1, { timeLimit: -1 }), {
      name: 'RangeError',
      message: "'timeLimit' of task a must be a number of seconds, 0 or more, but it is -1.",
    })
    assert.throws(
      () => app.task('a', () => 1, { timeLimit: 5, softTimeLimit: 6 }),
      /'softTimeLimit' of task a must not be more than its 'timeLimit' \(5\), but it is 6/,
    )
    const task = app.task('b', () => 1, { softTimeLimit: 6 })
    await assert.rejects(
      task.applyAsync({ softTimeLimit: Number.NaN }),
      /'softTimeLimit' of the call of b must be a number of seconds, 0 or more, but it is NaN/,
    )
    await task.applyAsync({ timeLimit: 5 }) // the hard limit comes first: that is no error
  })

  it('travel with the call as [hard, soft]', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1, { timeLimit: 9, softTimeLimit: 4 })
    await task.delay()
    assert.deepEqual((await takeMessage(app))?.headers.timelimit, [9, 4])
    await task.applyAsync({ softTimeLimit: 0.5 })
    assert.deepEqual((await takeMessage(app))?.headers.timelimit, [9, 0.5])
    await app.sendTask('t')
    assert.deepEqual((await takeMessage(app))?.headers.timelimit, [null, null])
  })
})

describe('the soft time limit', { timeout: 60_000 }, () => {
  const softly = (error: unknown) => error instanceof SoftTimeLimitExceeded && error.seconds === 0.05

  it('is thrown by what waits for the signal, and fails a task that lets it out', async (t) => {
    const app = memoryApp(t)
    app.task(
      'own-error',
      async (self) => {
        await once(self.request.signal, 'abort')
        self.request.signal.throwIfAborted()
      },
      { bind: true, softTimeLimit: 0.05 },
    )
    app.task('abort-error', (self) => untilAborted(self.request.signal), {
      bind: true,
      softTimeLimit: 0.05,
    })
    await using running = await RunningWorker.start(app)
    for (const name of ['own-error', 'abort-error']) {
      const result = await app.sendTask(name)
      await assert.rejects(result.get({ timeout: 30 }), softly)
    }
    await running.logger.said(/raised unexpected: SoftTimeLimitExceeded/, 2)
  })

  it('can be caught by the task, which then ends as it likes', async (t) => {
    const app = memoryApp(t)
    const task = app.task(
      't',
      async (self) => {
        try {
          await untilAborted(self.request.signal)
        } catch {
          return self.request.signal.reason instanceof SoftTimeLimitExceeded && 'cleaned up'
        }
      },
      { bind: true },
    )
    await using _running = await RunningWorker.start(app)
    const result = await task.applyAsync({ softTimeLimit: 0.05 })
    assert.equal(await result.get({ timeout: 30 }), 'cleaned up')
  })

  it('leaves a task alone that ends before it, and another error as it is', async (t) => {
    const app = memoryApp(t, { taskSoftTimeLimit: 0.05 })
    const signals: AbortSignal[] = []
    app.task(
      'quick',
      (self) => {
        signals.push(self.request.signal)
      },
      { bind: true },
    )
    app.task(
      'clumsy',
      async (self) => {
        await once(self.request.signal, 'abort')
        throw new TypeError('while cleaning up')
      },
      { bind: true },
    )
    await using _running = await RunningWorker.start(app)
    await (await app.sendTask('quick')).get({ timeout: 30 })
    const clumsy = await app.sendTask('clumsy') // ends later than the limit of the first one
    await assert.rejects(clumsy.get({ timeout: 30 }), { name: 'TypeError', message: 'while cleaning up' })
    assert.equal(signals[0]?.aborted, false)
  })

  it('can be what a task is tried again for', async (t) => {
    const app = memoryApp(t)
    const task = app.task(
      't',
      async (self) => {
        if (self.request.retries === 0) await untilAborted(self.request.signal)
        return self.request.retries
      },
      { bind: true, softTimeLimit: 0.05, autoretryFor: [SoftTimeLimitExceeded], defaultRetryDelay: 0 },
    )
    await using _running = await RunningWorker.start(app)
    assert.equal(await (await task.delay()).get({ timeout: 30 }), 1)
  })
})
