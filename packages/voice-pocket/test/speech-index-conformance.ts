/** What every driver of the speech index must do. `open` is called several times for one test: each stands for a process. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import type { SpeechIndex } from '../src/speech-index.ts'

export interface IndexUnderTest {
  open(): Promise<SpeechIndex>
  /** As a process that died right after it claimed the uuid, `milliseconds` before the claim runs out. */
  claimAndDie(uuid: string, milliseconds: number): Promise<void>
}

export function testSpeechIndex(driver: string, setUp: (t: TestContext) => Promise<IndexUnderTest>): void {
  suite(`speech index: ${driver}`, () => {
    test('a uuid nobody asked for is not there', async (t) => {
      const { open } = await setUp(t)
      assert.equal(await (await open()).get(randomUUID()), undefined)
    })

    test('the first call starts, the second gives the same task, in another process too', async (t) => {
      const { open } = await setUp(t)
      const [one, two] = [await open(), await open()]
      const uuid = randomUUID()
      assert.deepEqual(await one.once(uuid, async () => 'task-1'), { taskId: 'task-1', created: true })
      assert.deepEqual(await two.once(uuid, failIfCalled), { taskId: 'task-1', created: false })
      assert.deepEqual(await two.get(uuid), { task_id: 'task-1' })
    })

    test('remembers whose the first call was, and the entry stays the task id alone', async (t) => {
      const { open } = await setUp(t)
      const [one, two] = [await open(), await open()]
      const uuid = randomUUID()
      const parties = { requestFrom: '민지@example.com', requestTo: 'minho@example.com' }
      await one.once(uuid, async () => 'task-1', parties)
      await two.once(uuid, failIfCalled, { requestFrom: 'eve@example.com', requestTo: 'eve@example.com' })
      assert.deepEqual(await two.parties(uuid), parties)
      assert.deepEqual(await two.get(uuid), { task_id: 'task-1' })
      assert.equal(await two.parties(randomUUID()), undefined)
    })

    test('of many at the same time, in two processes, one starts and all get its task', async (t) => {
      const { open } = await setUp(t)
      const processes = [await open(), await open()]
      const uuid = randomUUID()
      let starts = 0
      const bothWait = Promise.withResolvers<void>()
      const start = async () => {
        starts += 1
        await bothWait.promise
        return `task-${starts}`
      }
      const calls = processes.flatMap((index) => [1, 2, 3].map(() => index.once(uuid, start)))
      setImmediate(bothWait.resolve)
      const results = await Promise.all(calls)
      assert.equal(starts, 1)
      assert.deepEqual(new Set(results.map(({ taskId }) => taskId)), new Set(['task-1']))
      assert.equal(results.filter(({ created }) => created).length, 1)
    })

    test('a start that fails leaves nothing behind, and whoever waits starts it', async (t) => {
      const { open } = await setUp(t)
      const [one, two] = [await open(), await open()]
      const uuid = randomUUID()
      const begun = Promise.withResolvers<void>()
      const fail = Promise.withResolvers<never>()
      const first = one.once(uuid, () => {
        begun.resolve()
        return fail.promise
      })
      await begun.promise
      const second = two.once(uuid, async () => 'task-2')
      fail.reject(new Error('the broker is away'))
      await assert.rejects(first, /the broker is away/)
      assert.deepEqual(await second, { taskId: 'task-2', created: true })
    })

    test('the claim of a process that died runs out', async (t) => {
      const { open, claimAndDie } = await setUp(t)
      const uuid = randomUUID()
      await claimAndDie(uuid, 1)
      const index = await open()
      assert.equal(await index.get(uuid), undefined)
      assert.deepEqual(await index.once(uuid, async () => 'task-1'), { taskId: 'task-1', created: true })
    })

    test('check() says that it works, and close() may be called twice', async (t) => {
      const { open } = await setUp(t)
      const index = await open()
      await index.check()
      await index.close()
      await index.close()
    })
  })
}

async function failIfCalled(): Promise<string> {
  throw new Error('a task was started twice')
}
