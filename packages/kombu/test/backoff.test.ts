import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONNECTION_POLICY, intervals, pause, resolvePolicy, retry } from '../src/backoff.ts'
import { InvalidValueError } from '../src/exceptions.ts'

const fast = resolvePolicy({ maxRetries: 3, intervalStartMs: 0, intervalStepMs: 0 }, CONNECTION_POLICY)
const isWorthRetrying = () => true

test('waits grow by a step up to a bound', () => {
  const policy = resolvePolicy(
    { maxRetries: 5, intervalStartMs: 0, intervalStepMs: 200, intervalMaxMs: 500 },
    CONNECTION_POLICY,
  )
  assert.deepEqual([...intervals(policy, () => 0)], [0, 200, 400, 500, 500])
})

test('jitter shortens a wait by up to its share', () => {
  const policy = resolvePolicy({ maxRetries: 1, intervalStartMs: 1_000, jitter: 0.5 }, CONNECTION_POLICY)
  assert.deepEqual([...intervals(policy, () => 0)], [1_000])
  assert.deepEqual([...intervals(policy, () => 1)], [500])
})

test('a policy with a senseless number is refused by name', () => {
  const resolve = (policy: object) => () => resolvePolicy(policy, CONNECTION_POLICY)
  assert.throws(resolve({ intervalStepMs: -1 }), /intervalStepMs is -1/)
  assert.throws(resolve({ maxRetries: Number.NaN }), /maxRetries is NaN/)
  assert.throws(resolve({ jitter: 2 }), InvalidValueError)
})

test('an attempt is repeated until it succeeds', async () => {
  const told: unknown[] = []
  let attempts = 0
  const attempt = async () => {
    attempts += 1
    if (attempts < 3) throw new Error(`failure ${attempts}`)
    return 'done'
  }
  const onError = (error: unknown) => told.push(String(error))
  assert.equal(await retry(attempt, { policy: fast, isWorthRetrying, onError }), 'done')
  assert.deepEqual(told, ['Error: failure 1', 'Error: failure 2'])
})

test('the last error is thrown when the retries are used up', async () => {
  let attempts = 0
  const attempt = async () => Promise.reject(new Error(`failure ${++attempts}`))
  await assert.rejects(retry(attempt, { policy: fast, isWorthRetrying }), /failure 4/)
})

test('what is not worth retrying is thrown at once', async () => {
  let attempts = 0
  const attempt = async () => Promise.reject(new Error(`failure ${++attempts}`))
  await assert.rejects(retry(attempt, { policy: fast, isWorthRetrying: () => false }), /failure 1/)
})

test('no attempt begins after the deadline', async () => {
  const policy = resolvePolicy({ intervalStartMs: 60_000, deadlineMs: 1_000 }, CONNECTION_POLICY)
  const attempt = async () => Promise.reject(new Error('unreachable'))
  await assert.rejects(retry(attempt, { policy, isWorthRetrying }), /unreachable/)
})

test('aborting ends a wait at once, with the reason', async () => {
  const policy = resolvePolicy({ intervalStartMs: 3_600_000 }, CONNECTION_POLICY)
  const stop = new AbortController()
  const waiting = retry(async () => Promise.reject(new Error('unreachable')), {
    policy,
    isWorthRetrying,
    signal: stop.signal,
    onError: () => setImmediate(() => stop.abort(new Error('stopped'))),
  })
  await assert.rejects(waiting, /stopped/)
  await assert.rejects(pause(3_600_000, stop.signal), /stopped/)
})
