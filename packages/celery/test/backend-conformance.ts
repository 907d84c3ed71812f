import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { EncodeError } from '@voice-pocket/kombu'
import type { Backend } from '../src/backends/base.ts'
import type { BackendOptions } from '../src/backends/index.ts'
import {
  BackendError,
  RemoteError,
  TaskRevokedError,
  TimeoutError,
  WorkerLostError,
} from '../src/exceptions.ts'
import { Peer } from './backend-peer.ts'

/** What the suite needs of a store to try it. */
export interface BackendHarness {
  /** Another backend on the same store. */
  open(options?: BackendOptions): Promise<Backend>
  /** Lets the task's record expire as if its time had passed. */
  expire(taskId: string): Promise<void>
  /** What another process needs to open the same store; undefined where only this process has it. */
  readonly shared: { readonly url: string; readonly options: BackendOptions } | undefined
}

/**
 * The one suite for every result backend: what a client and a worker may rely on, whatever keeps the results.
 *
 * @param countsChords it counts the parts of chords; for one that does not, `celery.chord_unlock` looks at them
 * @param isShared several processes can have it open
 */
export function describeBackend(
  name: string,
  start: () => Promise<BackendHarness>,
  { countsChords = true, isShared = true } = {},
): void {
  describe(`${name} as a result backend`, { timeout: 60_000 }, () => {
    let harness: BackendHarness
    let backend: Backend
    /** Another connection to the same store, as another program has it. */
    let other: Backend

    before(async () => {
      harness = await start()
      backend = await harness.open()
      other = await harness.open()
    })
    after(async () => {
      await backend.close()
      await other.close()
    })

    const statusOf = async (taskId: string) => (await other.getTaskMeta(taskId)).status

    describe('keeps states', () => {
      it('knows a task that nobody stored anything of as PENDING', async () => {
        const taskId = randomUUID()
        assert.deepEqual(await backend.getTaskMeta(taskId), {
          ...{ taskId, status: 'PENDING', result: null, traceback: null, children: [], dateDone: null },
        })
      })

      it('gives each state to others as it was stored', async () => {
        const taskId = randomUUID()
        await backend.markAsStarted(taskId, { pid: 7, hostname: 'w@h' })
        assert.deepEqual((await other.getTaskMeta(taskId)).result, { pid: 7, hostname: 'w@h' })
        await backend.storeResult(taskId, { done: 1, total: 2 }, 'PROGRESS')
        assert.equal(await statusOf(taskId), 'PROGRESS')
        await backend.markAsRetry(taskId, new TypeError('later'))
        const retried = await other.getTaskMeta(taskId)
        assert.deepEqual([retried.status, retried.dateDone], ['RETRY', null])
        assert.ok(retried.result instanceof TypeError)
        await backend.markAsDone(taskId, [1, 'two', { three: null }])
        const done = await other.getTaskMeta(taskId)
        assert.deepEqual([done.status, done.result], ['SUCCESS', [1, 'two', { three: null }]])
        assert.match(String(done.dateDone), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)
      })

      it('keeps what the request says of the task, and all of it when results are extended', async () => {
        const extended = await harness.open({ extended: true })
        const request = {
          ...{ task: 'tasks.add', args: [2, 3], kwargs: { z: 1 }, group: 'g-1', parentId: 'p-1' },
          ...{
            hostname: 'w@h',
            retries: 2,
            deliveryInfo: { routingKey: 'celery' },
            stamps: { monitor: 'm-1' },
          },
        }
        const [plainId, extendedId] = [randomUUID(), randomUUID()]
        await backend.markAsDone(plainId, 5, request)
        await extended.markAsDone(extendedId, 5, request)
        await extended.close()
        const plain = await other.getTaskMeta(plainId)
        assert.deepEqual([plain.groupId, plain.parentId, plain.name], ['g-1', 'p-1', undefined])
        const { name: taskName, args, kwargs, worker, retries, queue } = await other.getTaskMeta(extendedId)
        assert.deepEqual([taskName, args, kwargs], ['tasks.add', [2, 3], { z: 1 }])
        assert.deepEqual([worker, retries, queue], ['w@h', 2, 'celery'])
      })

      it('never overwrites a SUCCESS', async () => {
        const taskId = randomUUID()
        await backend.markAsDone(taskId, 'first')
        await other.markAsStarted(taskId, { pid: 1, hostname: 'late' })
        await other.markAsFailure(taskId, new Error('second run'))
        await other.markAsRevoked(taskId, 'revoked')
        await other.markAsDone(taskId, 'second')
        assert.equal((await backend.getTaskMeta(taskId)).result, 'first')
      })

      it('lets nothing that is unready overwrite an end, and another end overwrite a failure', async () => {
        for (const end of ['FAILURE', 'REVOKED']) {
          const taskId = randomUUID()
          await backend.storeResult(taskId, new Error('over'), end)
          await other.markAsStarted(taskId, { pid: 1, hostname: 'late' })
          await other.storeResult(taskId, { done: 9 }, 'PROGRESS')
          await other.markAsRetry(taskId, new Error('late'))
          assert.equal(await statusOf(taskId), end)
          await other.markAsDone(taskId, 'a second run had it')
          assert.equal(await statusOf(taskId), 'SUCCESS')
        }
      })

      it('keeps the SUCCESS when many write at the same moment', async () => {
        const taskId = randomUUID()
        const late = Array.from({ length: 20 }, (_, done) => other.storeResult(taskId, { done }, 'PROGRESS'))
        await Promise.all([...late.slice(0, 10), backend.markAsDone(taskId, 'end'), ...late.slice(10)])
        assert.equal((await backend.getTaskMeta(taskId)).result, 'end')
      })

      it('forgets what is to be forgotten, and what has expired', async () => {
        const [forgotten, expired] = [randomUUID(), randomUUID()]
        await backend.markAsDone(forgotten, 1)
        await other.forget(forgotten)
        await backend.markAsDone(expired, 1)
        await harness.expire(expired)
        assert.deepEqual([await statusOf(forgotten), await statusOf(expired)], ['PENDING', 'PENDING'])
        await backend.markAsDone(forgotten, 2)
        await backend.markAsDone(expired, 2)
        assert.deepEqual([await statusOf(forgotten), await statusOf(expired)], ['SUCCESS', 'SUCCESS'])
      })

      it('keeps a result of a megabyte', async () => {
        const taskId = randomUUID()
        const large = { text: '가'.repeat(350_000) }
        const waiting = other.waitFor(taskId, { timeoutSeconds: 20 })
        await backend.markAsDone(taskId, large)
        assert.deepEqual((await waiting).result, large)
        assert.deepEqual((await backend.getTaskMeta(taskId)).result, large)
      })
    })

    describe('keeps exceptions', () => {
      const roundTrip = async (thrown: unknown): Promise<Error> => {
        const taskId = randomUUID()
        await backend.markAsFailure(taskId, thrown)
        const { status, result } = await other.getTaskMeta(taskId)
        assert.equal(status, 'FAILURE')
        assert.ok(result instanceof Error)
        return result
      }

      it('gives back the classes that exist here', async () => {
        assert.ok((await roundTrip(new RangeError('too far'))) instanceof RangeError)
        assert.ok((await roundTrip(new WorkerLostError('gone'))) instanceof WorkerLostError)
      })

      it('gives back the name and message of classes that do not', async () => {
        class InsufficientFunds extends Error {}
        const error = await roundTrip(new InsufficientFunds('3 short'))
        assert.ok(error instanceof RemoteError)
        assert.deepEqual([error.name, error.message, error.excModule], ['InsufficientFunds', '3 short', 'js'])
        assert.match(String(error.traceback), /backend-conformance/)
      })

      it('survives whatever is thrown', async () => {
        const circular: Record<string, unknown> = {}
        circular.self = circular
        for (const thrown of [
          'text',
          undefined,
          null,
          42,
          10n,
          Symbol('s'),
          circular,
          () => 1,
          Object.create(null),
        ]) {
          assert.equal((await roundTrip(thrown)).name, 'ThrownValue')
        }
      })

      it('tells a revoked task by its reason', async () => {
        const taskId = randomUUID()
        await backend.markAsRevoked(taskId, 'expired')
        const { status, result } = await other.getTaskMeta(taskId)
        assert.equal(status, 'REVOKED')
        assert.ok(result instanceof TaskRevokedError && result.message === 'expired')
      })

      it('makes a result that cannot be written the failure of the task', async () => {
        const taskId = randomUUID()
        const circular: Record<string, unknown> = {}
        circular.self = circular
        const outcome = await backend.markAsDone(taskId, circular)
        assert.equal(outcome.status, 'FAILURE')
        const { status, result } = await other.getTaskMeta(taskId)
        assert.equal(status, 'FAILURE')
        assert.ok(result instanceof EncodeError)
        assert.match(result.message, new RegExp(`SUCCESS result of task ${taskId} cannot be stored`))
      })

      it('refuses progress that cannot be written, and keeps what was there', async () => {
        const taskId = randomUUID()
        const circular: Record<string, unknown> = {}
        circular.self = circular
        await backend.storeResult(taskId, { done: 1 }, 'PROGRESS')
        await assert.rejects(backend.storeResult(taskId, circular, 'PROGRESS'), EncodeError)
        assert.deepEqual((await other.getTaskMeta(taskId)).result, { done: 1 })
      })
    })

    describe('wakes those who wait', () => {
      it('gives what is there already at once', async () => {
        const taskId = randomUUID()
        await backend.markAsDone(taskId, 'early')
        assert.equal((await other.waitFor(taskId, { timeoutSeconds: 10 })).result, 'early')
      })

      it('shows each change to who reads in time, and ends with the ready state', async () => {
        const taskId = randomUUID()
        const seen: string[] = []
        const next: Record<string, () => Promise<unknown>> = {
          PENDING: () => other.markAsStarted(taskId, { pid: 1, hostname: 'w@h' }),
          STARTED: () => other.storeResult(taskId, { done: 1 }, 'PROGRESS'),
          PROGRESS: () => other.markAsDone(taskId, 'end'),
        }
        for await (const { status } of backend.watch(taskId)) {
          seen.push(status)
          await next[status]?.()
        }
        assert.deepEqual(seen, ['PENDING', 'STARTED', 'PROGRESS', 'SUCCESS'])
      })

      it('misses no end of a hundred tasks that end while their waiting begins', async () => {
        const ids = Array.from({ length: 100 }, () => randomUUID())
        const results = ids.map((taskId, index) => {
          const waiting = backend.waitFor(taskId, { timeoutSeconds: 30 })
          return Promise.all([waiting, other.markAsDone(taskId, index)])
        })
        const metas = (await Promise.all(results)).map(([meta]) => meta.result)
        assert.deepEqual(metas, [...ids.keys()])
      })

      it('wakes everybody who waits for the same task', async () => {
        const taskId = randomUUID()
        const waiting = [backend, backend, other].map((one) => one.waitFor(taskId, { timeoutSeconds: 10 }))
        await other.markAsFailure(taskId, new Error('bad'))
        assert.deepEqual(
          (await Promise.all(waiting)).map(({ status }) => status),
          ['FAILURE', 'FAILURE', 'FAILURE'],
        )
      })

      it('waits on while a task is retried', async () => {
        const taskId = randomUUID()
        const waiting = backend.waitFor(taskId, { timeoutSeconds: 10 })
        await other.markAsRetry(taskId, new Error('later'))
        await other.markAsDone(taskId, 'second try')
        assert.equal((await waiting).result, 'second try')
      })

      it('gives up after the timeout, and says of which task and in which state', async () => {
        const taskId = randomUUID()
        await backend.markAsStarted(taskId, { pid: 1, hostname: 'w@h' })
        await assert.rejects(backend.waitFor(taskId, { timeoutSeconds: 0.5 }), (error) => {
          assert.ok(error instanceof TimeoutError)
          assert.match(error.message, new RegExp(`^Task ${taskId} was still STARTED after 0.5 seconds`))
          return true
        })
      })

      it('gives up when told to, with the reason it was told', async () => {
        const reason = new Error('the caller hung up')
        const hangUp = new AbortController()
        const watching = backend.watch(randomUUID(), hangUp.signal)[Symbol.asyncIterator]()
        await watching.next()
        const rejected = assert.rejects(Promise.resolve(watching.next()), reason)
        hangUp.abort(reason)
        await rejected
        await assert.rejects(backend.waitFor(randomUUID(), { signal: hangUp.signal }), reason)
      })

      it('ends every wait when it is closed, and can be closed twice', async () => {
        const closing = await harness.open()
        const watching = closing.watch(randomUUID())[Symbol.asyncIterator]()
        await watching.next()
        const rejected = assert.rejects(Promise.resolve(watching.next()), BackendError)
        await closing.close()
        await closing.close()
        await rejected
        await assert.rejects(closing.getTaskMeta(randomUUID()), BackendError)
        await assert.rejects(closing.waitFor(randomUUID()), BackendError)
      })
    })

    if (!countsChords)
      it('leaves chords to celery.chord_unlock', () => assert.equal(backend.chords, undefined))
    else
      describe('counts the parts of a chord', () => {
        const part = (taskId: string, result: unknown, status = 'SUCCESS') => ({ taskId, result, status })

        /** The counters of two programs. */
        const counters = () => {
          assert.ok(backend.chords && other.chords)
          return { ours: backend.chords, theirs: other.chords }
        }

        it('and gives all of them, in their places, to whoever brings the last one', async () => {
          const chords = counters()
          const groupId = randomUUID()
          await chords.ours.open(groupId, 3)
          assert.equal(await chords.theirs.add({ groupId, groupIndex: 2 }, part('c', { n: 3 })), undefined)
          assert.equal(await chords.ours.add({ groupId, groupIndex: undefined }, part('last', 4)), undefined)
          const all = await chords.theirs.add({ groupId, groupIndex: 0 }, part('a', [1]))
          assert.deepEqual(all, [part('a', [1]), part('c', { n: 3 }), part('last', 4)])
        })

        it('once, however often the same one is brought', async () => {
          const chords = counters()
          const groupId = randomUUID()
          await chords.ours.open(groupId, 2)
          const place = { groupId, groupIndex: 0 }
          assert.equal(await chords.ours.add(place, part('a', 1)), undefined)
          assert.equal(await chords.theirs.add(place, part('a', 1)), undefined)
          assert.equal((await chords.ours.add({ groupId, groupIndex: 1 }, part('b', 2)))?.length, 2)
        })

        it('of which there may become more', async () => {
          const chords = counters()
          const groupId = randomUUID()
          await chords.ours.open(groupId, 1)
          await chords.theirs.extend(groupId, 1)
          await chords.theirs.extend(groupId, 1)
          for (const id of ['a', 'b']) {
            assert.equal(await chords.ours.add({ groupId, groupIndex: 0 }, part(id, id)), undefined)
          }
          assert.equal((await chords.ours.add({ groupId, groupIndex: 0 }, part('c', 'c')))?.length, 3)
        })

        it('with what they threw', async () => {
          const chords = counters()
          const groupId = randomUUID()
          await chords.ours.open(groupId, 1)
          const failed = part('a', new WorkerLostError('gone'), 'FAILURE')
          const [read] = (await chords.ours.add({ groupId, groupIndex: 0 }, failed)) ?? []
          assert.ok(read?.result instanceof WorkerLostError)
          assert.deepEqual([read.result.message, read.status], ['gone', 'FAILURE'])
        })

        it('to exactly one of many who bring theirs at the same moment', async () => {
          const chords = counters()
          const groupId = randomUUID()
          await chords.ours.open(groupId, 40)
          const brought = await Promise.all(
            Array.from({ length: 40 }, (_, groupIndex) =>
              (groupIndex % 2 ? chords.ours : chords.theirs).add(
                { groupId, groupIndex },
                part(`${groupIndex}`, groupIndex),
              ),
            ),
          )
          assert.deepEqual(
            brought.flatMap((all) => (all ? [all.map(({ result }) => result)] : [])),
            [Array.from({ length: 40 }, (_, index) => index)],
          )
        })

        it('and forgets those of a chord that is over, or was never begun', async () => {
          const chords = counters()
          const groupId = randomUUID()
          await chords.ours.open(groupId, 1)
          await chords.ours.close(groupId)
          assert.equal(await chords.ours.add({ groupId, groupIndex: 0 }, part('a', 1)), undefined)
        })
      })

    if (isShared)
      describe('works between processes', () => {
        it('wakes a waiter in another process', async () => {
          assert.ok(harness.shared)
          const taskId = randomUUID()
          await using peer = new Peer(harness.shared, 'watch', taskId)
          assert.deepEqual(await peer.next(), { status: 'PENDING', result: null })
          await backend.markAsDone(taskId, { by: 'us' })
          assert.deepEqual(await peer.next(), { status: 'SUCCESS', result: { by: 'us' } })
        })

        it('is woken by a writer in another process', async () => {
          assert.ok(harness.shared)
          const taskId = randomUUID()
          const waiting = backend.waitFor(taskId, { timeoutSeconds: 20 })
          await using _peer = new Peer(harness.shared, 'store', taskId)
          assert.deepEqual((await waiting).result, { by: 'the peer' })
        })
      })
  })
}
