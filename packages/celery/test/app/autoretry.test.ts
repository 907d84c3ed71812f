import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { autoretryDelay, wantsAutoretry } from '../../src/app/autoretry.ts'
import { Ignore, MaxRetriesExceededError, Reject, Retry } from '../../src/index.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

class NetworkError extends Error {}
class PermissionError extends NetworkError {}

describe('whether an error is tried again for', () => {
  const options = { autoretryFor: [NetworkError], dontAutoretryFor: [PermissionError] }

  it('goes by the classes, and the exceptions win', () => {
    assert.equal(wantsAutoretry(new NetworkError(), options), true)
    assert.equal(wantsAutoretry(new PermissionError(), options), false)
    assert.equal(wantsAutoretry(new Error(), options), false)
    assert.equal(wantsAutoretry(new NetworkError(), {}), false)
  })

  it('never includes what a task throws to choose its outcome', () => {
    for (const outcome of [new Ignore(), new Reject(), new Retry()]) {
      assert.equal(wantsAutoretry(outcome, { autoretryFor: [Error] }), false)
    }
  })
})

describe('the wait before an automatic retry', () => {
  const cases = [
    { retries: 0, options: {}, wait: undefined },
    { retries: 0, options: { retryKwargs: { countdown: 7 } }, wait: 7 },
    { retries: 0, options: { retryBackoff: true, retryJitter: false }, wait: 1 },
    { retries: 3, options: { retryBackoff: true, retryJitter: false }, wait: 8 },
    { retries: 3, options: { retryBackoff: 5, retryJitter: false }, wait: 40 },
    { retries: 30, options: { retryBackoff: true, retryJitter: false }, wait: 600 },
    { retries: 9, options: { retryBackoff: true, retryBackoffMax: 60, retryJitter: false }, wait: 60 },
    { retries: 3, options: { retryBackoff: true }, wait: 4 }, // half of 0 to 8, both included
  ]
  for (const { retries, options, wait } of cases) {
    it(`is ${wait} seconds after ${retries} retries with ${JSON.stringify(options)}`, () => {
      assert.equal(autoretryDelay(retries, options, 0.5), wait)
    })
  }
})

describe('a task with autoretryFor', () => {
  it('is run again until it succeeds, under one id', async (t) => {
    const app = memoryApp(t)
    const seen: (readonly [string, number])[] = []
    const flaky = app.task(
      'tasks.flaky',
      (self, text: string) => {
        seen.push([self.request.id, self.request.retries])
        if (seen.length < 3) throw new NetworkError('away')
        return text
      },
      { bind: true, autoretryFor: [NetworkError], retryKwargs: { countdown: 0 } },
    )
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    const result = await flaky.delay('there')
    assert.equal(await result.get({ timeout: 20 }), 'there')
    assert.deepEqual(seen, [
      [result.id, 0],
      [result.id, 1],
      [result.id, 2],
    ])
  })

  it('fails with its own error when no retry is left', async (t) => {
    const app = memoryApp(t)
    const options = { autoretryFor: [Error], retryKwargs: { maxRetries: 1, countdown: 0 } }
    const broken = app.task('tasks.broken', () => Promise.reject(new TypeError('for ever')), options)
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    await assert.rejects((await broken.delay()).get({ timeout: 20 }), {
      name: 'TypeError',
      message: 'for ever',
    })
  })

  it('is not run again when it gives up by itself', async (t) => {
    const app = memoryApp(t)
    let runs = 0
    const gone = app.task(
      'tasks.gone',
      (self) => {
        runs += 1
        return self.retry({ maxRetries: 0 })
      },
      { bind: true, autoretryFor: [NetworkError] },
    )
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    await assert.rejects((await gone.delay()).get({ timeout: 20 }), MaxRetriesExceededError)
    assert.equal(runs, 1)
  })
})
