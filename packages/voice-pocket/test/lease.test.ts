import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Lease } from '../src/lease.ts'
import { openTestRecords } from './access/records.ts'

test('one of many gets it, and the next when it is given back', async (t) => {
  const { records } = await openTestRecords(t)
  const taken = await Promise.all(Array.from({ length: 10 }, () => Lease.take(records, 'x')))
  const [lease, ...others] = taken.filter((each) => each !== undefined)
  assert.ok(lease)
  assert.equal(others.length, 0)
  assert.ok(await Lease.take(records, 'another').then((other) => other?.release(false).then(() => true)))
  await lease.release(false)
  const next = await Lease.take(records, 'x')
  assert.ok(next)
  await next.release(false)
})

test('after it was used nobody gets it before it has rested', async (t) => {
  const { records } = await openTestRecords(t)
  const lease = await Lease.take(records, 'x', { restMs: 60_000 })
  await lease?.release(true)
  assert.equal(await Lease.take(records, 'x', { restMs: 60_000 }), undefined)
  const other = await Lease.take(records, 'x')
  assert.ok(other, 'to whom the rest does not matter')
  await other.release(false)
})

test('who dies loses it, and hears so if it only slept', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_000_000 })
  const { records } = await openTestRecords(t)
  const sleeper = await Lease.take(records, 'x', { ttlMs: 30_000 })
  assert.ok(sleeper)
  t.mock.timers.setTime(1_000_000 + 29_000)
  assert.equal(await Lease.take(records, 'x'), undefined)
  t.mock.timers.setTime(1_000_000 + 30_000)
  const next = await Lease.take(records, 'x', { ttlMs: 30_000 })
  assert.ok(next)
  const lost = once(sleeper.signal, 'abort')
  t.mock.timers.tick(10_000)
  await lost
  await sleeper.release(true)
  assert.equal(next.signal.aborted, false)
  assert.equal(await Lease.take(records, 'x'), undefined, 'what the sleeper gives back is not its own')
  await next.release(false)
})

test('all go by the clock of the records, however wrong their own are', async (t) => {
  const { records } = await openTestRecords(t)
  const clock = { now: 1_000_000 }
  const shared = { update: records.update.bind(records), now: async () => clock.now }
  const at = async <Result>(own: number, work: () => Promise<Result>): Promise<Result> => {
    t.mock.timers.setTime(own)
    return work()
  }
  t.mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_000_000 })
  const [slow, right, fast] = [1_000_000, 500_000_000, 1_000_000_000]
  const lease = await at(slow, () => Lease.take(shared, 'x', { ttlMs: 30_000 }))
  assert.ok(lease)
  assert.equal(
    await at(fast, () => Lease.take(shared, 'x')),
    undefined,
    'a clock that is ahead takes nothing away',
  )
  await at(fast, () => lease.release(true))
  clock.now += 60_000
  const next = await at(right, () => Lease.take(shared, 'x', { restMs: 60_000 }))
  assert.ok(next, 'nor does it make the others wait')
  await next.release(false)
})

test('who renews it keeps it', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_000_000 })
  const { records } = await openTestRecords(t)
  const lease = await Lease.take(records, 'x', { ttlMs: 30_000 })
  for (let second = 0; second < 60; second += 10) {
    t.mock.timers.tick(10_000)
    // Another process: whatever it does is done after what was begun before.
    assert.equal(await Lease.take(records, 'x'), undefined)
  }
  await lease?.release(false)
})
