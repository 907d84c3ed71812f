import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/worker/clock.ts'
import { parseRateLimit, RateLimits } from '../../src/worker/rate-limits.ts'
import { Timer } from '../../src/worker/timer.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

describe('a rate limit', () => {
  const cases: [string | number | undefined, number | undefined][] = [
    ['10/s', 10],
    ['120/m', 2],
    ['3600/h', 1],
    ['5', 5],
    [0.5, 0.5],
    ['0', undefined],
    ['0/m', undefined],
    [0, undefined],
    [undefined, undefined],
  ]
  for (const [limit, perSecond] of cases) {
    it(`${JSON.stringify(limit)} is ${perSecond ?? 'no limit'} per second`, () => {
      assert.equal(parseRateLimit(limit), perSecond)
    })
  }

  for (const limit of ['fast', '10/d', '-1', '10/', '']) {
    it(`${JSON.stringify(limit)} is refused, and the error shows how to write one`, () => {
      assert.throws(() => parseRateLimit(limit), /Invalid rate limit string: .*like 10\/s/)
    })
  }
})

describe('rate limits', () => {
  /** A timer whose entries are kept instead of being called, under a clock that stands. */
  function recordingTimer(now: () => number) {
    const entries: { time: number; call: () => void }[] = []
    const timer = new Timer({ ...systemClock, now })
    timer.callAt = (time, call) => {
      entries.push({ time, call })
      return () => {}
    }
    return { timer, entries }
  }

  it('let the first run begin at once and spread the others evenly, in order', async () => {
    const { timer, entries } = recordingTimer(() => 1_000)
    const limits = new RateLimits(timer)
    limits.set('tasks.mail', 10)
    const begun: number[] = []
    for (const run of [1, 2, 3]) await limits.pass('tasks.mail', async () => void begun.push(run))
    assert.deepEqual(begun, [1])
    assert.deepEqual(
      entries.map(({ time }) => time),
      [1_100, 1_200],
    )
    for (const { call } of entries) call()
    assert.deepEqual(begun, [1, 2, 3])
  })

  it('give no credit for time in which nothing ran', async () => {
    let now = 0
    const { timer, entries } = recordingTimer(() => now)
    const limits = new RateLimits(timer)
    limits.set('tasks.mail', 1)
    for (const time of [0, 60_000, 60_000]) {
      now = time
      await limits.pass('tasks.mail', async () => {})
    }
    assert.deepEqual(
      entries.map(({ time }) => time),
      [61_000],
    )
  })

  it('charge nothing for runs that were taken from the timer', async () => {
    const { timer, entries } = recordingTimer(() => 1_000_000)
    const limits = new RateLimits(timer)
    limits.set('slow', 1 / 60)
    for (let i = 0; i < 100; i++) await limits.pass('slow', async () => {})
    limits.clear()
    await limits.pass('slow', async () => {})
    assert.equal(entries.at(-1)?.time, 1_060_000)
  })

  it('hold back their own task only, and none once they are taken away', async () => {
    const { timer, entries } = recordingTimer(() => 0)
    const limits = new RateLimits(timer)
    limits.set('tasks.mail', 1)
    for (const name of ['tasks.mail', 'tasks.other', 'tasks.other']) await limits.pass(name, async () => {})
    assert.equal(entries.length, 0)
    limits.set('tasks.mail', undefined)
    await limits.pass('tasks.mail', async () => {})
    assert.equal(entries.length, 0)
  })
})

describe('a worker', () => {
  it('runs every call of a task with a rate limit', async (t) => {
    const app = memoryApp(t)
    const double = app.task('tasks.double', (x: number) => 2 * x, { rateLimit: '200/s' })
    await using _running = await RunningWorker.start(app)
    const results = await Promise.all([1, 2, 3, 4].map((x) => double.delay(x)))
    assert.deepEqual(await Promise.all(results.map((result) => result.get({ timeout: 20 }))), [2, 4, 6, 8])
  })

  it('gives back what its rate limit holds when it stops', async (t) => {
    const app = memoryApp(t)
    const rare = app.task('tasks.rare', () => 'ran', { rateLimit: '1/h' })
    const results = await (async () => {
      await using running = await RunningWorker.start(app)
      const sent = [await rare.delay(), await rare.delay()]
      await sent[0]?.get({ timeout: 20 })
      await running.logger.said(/tasks\.rare\[.*received/, 2)
      return sent
    })()
    await using _next = await RunningWorker.start(app)
    assert.equal(await results[1]?.get({ timeout: 20 }), 'ran')
  })

  it('does not start when a task has a rate limit that is none', async (t) => {
    const app = memoryApp(t)
    app.task('tasks.odd', () => {}, { rateLimit: 'often' })
    await assert.rejects(RunningWorker.start(app), /Invalid rate limit string: 'often'/)
  })
})
