/** What every driver of the records must do. `open` is called several times for one test: each stands for a process. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import type { Records } from '../src/records.ts'

export function testRecords(
  driver: string,
  setUp: (t: TestContext) => Promise<() => Promise<Records>>,
): void {
  suite(`records: ${driver}`, () => {
    test('what is written is read, in another process too, until it is deleted', async (t) => {
      const open = await setUp(t)
      const [one, two] = [await open(), await open()]
      const key = randomUUID()
      assert.equal(await two.get(key), undefined)
      assert.equal(await one.create(key, { name: '김', list: [1, null] }), true)
      assert.deepEqual(await two.get(key), { name: '김', list: [1, null] })
      assert.equal(await two.create(key, 'mine'), false)
      assert.deepEqual(await two.delete(key), { name: '김', list: [1, null] })
      assert.equal(await one.get(key), undefined)
      assert.equal(await one.delete(key), undefined)
      assert.equal(await one.create(key, 'again'), true)
    })

    test('no change is lost when many change the same at once', async (t) => {
      const open = await setUp(t)
      const processes = [await open(), await open(), await open()]
      const key = randomUUID()
      const add = (value: unknown) => Number(value ?? 0) + 1
      await Promise.all(Array.from({ length: 30 }, (_, i) => processes[i % 3]?.update(key, add)))
      assert.equal(await processes[0]?.get(key), 30)
    })

    test('a change that throws changes nothing', async (t) => {
      const records = await (await setUp(t))()
      const key = randomUUID()
      await records.create(key, 1)
      const fail = () => {
        throw new Error('no')
      }
      await assert.rejects(records.update(key, fail), /no/)
      assert.equal(await records.get(key), 1)
    })

    test('has one clock for all processes', async (t) => {
      const open = await setUp(t)
      const [one, two] = [await open(), await open()]
      const times = [await one.now(), await two.now(), await one.now()]
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
      assert.ok(Math.abs(Number(times[0]) - Date.now()) < 60_000, 'milliseconds since the epoch')
    })

    test('lists what begins with a prefix, in order, and nothing else', async (t) => {
      const records = await (await setUp(t))()
      const prefix = `${randomUUID()}/`
      for (const name of ['b', 'a', 'ab', '한글']) await records.create(prefix + name, name)
      await records.create(`${prefix.slice(0, -1)}0`, 'beside it')
      const found = await records.list(prefix)
      assert.deepEqual(
        found.map(({ key, value }) => [key.slice(prefix.length), value]),
        ['a', 'ab', 'b', '한글'].map((name) => [name, name]),
      )
      await records.delete(`${prefix}ab`)
      assert.equal((await records.list(prefix)).length, 3)
    })

    test('counts across processes, and says when it begins anew', async (t) => {
      const open = await setUp(t)
      const [one, two] = [await open(), await open()]
      const key = randomUUID()
      assert.equal((await one.count(key, 2, 60_000)).total, 2)
      const { total, resetsInMs } = await two.count(key, 3, 60_000)
      assert.equal(total, 5)
      assert.ok(resetsInMs > 0 && resetsInMs <= 60_000, String(resetsInMs))
    })

    test('counts up to a limit and never above it, however many processes count at once', async (t) => {
      const open = await setUp(t)
      const processes = [await open(), await open(), await open()]
      const key = randomUUID()
      const calls = Array.from({ length: 30 }, (_, i) => processes[i % 3]?.countUpTo(key, 2, 60_000, 21))
      const counts = await Promise.all(calls)
      assert.equal(counts.filter((count) => count?.counted).length, 10)
      const refused = await processes[0]?.countUpTo(key, 2, 60_000, 21)
      assert.deepEqual([refused?.counted, refused?.total], [false, 20])
      assert.ok(Number(refused?.resetsInMs) <= 60_000, String(refused?.resetsInMs))
      assert.equal((await processes[1]?.countUpTo(key, 1, 60_000, 21))?.total, 21)
    })

    test('more than the limit at once is refused, and begins no window', async (t) => {
      const records = await (await setUp(t))()
      const key = randomUUID()
      const refused = await records.countUpTo(key, 6, 60_000, 5)
      assert.deepEqual(refused, { counted: false, total: 0, resetsInMs: 60_000 })
      assert.equal((await records.countUpTo(key, 5, 60_000, 5)).counted, true)
    })

    test('what is taken from a counter is there for others, and it never falls below 0', async (t) => {
      const open = await setUp(t)
      const [one, two] = [await open(), await open()]
      const key = randomUUID()
      assert.equal(await one.uncount(key, 5), 0)
      await one.countUpTo(key, 7, 60_000, 10)
      assert.equal(await two.uncount(key, 3), 4)
      const { total, resetsInMs } = await one.countUpTo(key, 6, 60_000, 10)
      assert.equal(total, 10)
      assert.ok(resetsInMs > 0 && resetsInMs <= 60_000, String(resetsInMs))
      assert.equal(await two.uncount(key, 99), 0)
      assert.equal((await one.count(key, 1, 60_000)).total, 1)
    })

    test('keeps the newest entries of a log, newest first, until it is erased', async (t) => {
      const records = await (await setUp(t))()
      const key = randomUUID()
      for (const entry of [1, 2, 3, 4]) await records.append(key, { entry }, 3)
      assert.deepEqual(await records.entries(key, 10), [{ entry: 4 }, { entry: 3 }, { entry: 2 }])
      assert.deepEqual(await records.entries(key, 1), [{ entry: 4 }])
      await records.erase(key)
      assert.deepEqual(await records.entries(key, 10), [])
    })
  })
}
