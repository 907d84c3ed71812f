import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import type { ResultTuple } from '../src/backends/base.ts'
import { createBackend } from '../src/backends/index.ts'
import { BackendError, TaskRevokedError, TimeoutError } from '../src/exceptions.ts'
import { resultFromTuple } from '../src/group-result.ts'
import { group } from '../src/index.ts'
import { AsyncResult, type ResultApp, type RevokeOptions } from '../src/result.ts'
import { memoryApp } from './memory-app.ts'

const backend = await createBackend(`memory://${randomUUID()}`)
after(() => backend.close())

const revoked: [taskId: string, options: RevokeOptions | undefined][] = []
const app: ResultApp = {
  backend: async () => backend,
  resultFromTuple: (tuple) => resultFromTuple(tuple, app),
  control: {
    async revoke(taskId: string, options?: RevokeOptions) {
      revoked.push([taskId, options])
    },
  },
}
const newResult = <T = unknown>() => new AsyncResult<T>(randomUUID(), app)

describe('AsyncResult', () => {
  it('gives the value that the task returns while it is waited for', async () => {
    const result = newResult<number>()
    const got = result.get({ timeout: 30 })
    await backend.markAsDone(result.id, 5)
    assert.equal(await got, 5)
  })

  it('throws what the task threw, or returns it when asked to', async () => {
    const result = newResult()
    await backend.markAsFailure(result.id, new RangeError('too far'))
    await assert.rejects(result.get(), (error) => error instanceof RangeError && error.message === 'too far')
    assert.ok((await result.get({ propagate: false })) instanceof RangeError)
  })

  it('throws when the task was revoked', async () => {
    const result = newResult()
    await backend.markAsRevoked(result.id, 'revoked')
    await assert.rejects(result.get(), TaskRevokedError)
  })

  it('does not wait longer than asked, and not after the signal', async () => {
    await assert.rejects(newResult().get({ timeout: 0.01 }), TimeoutError)
    const reason = new Error('no longer wanted')
    await assert.rejects(newResult().get({ signal: AbortSignal.abort(reason) }), reason)
  })

  it('answers what is known now', async () => {
    const result = newResult()
    assert.deepEqual(
      [await result.state(), await result.info(), await result.ready()],
      ['PENDING', null, false],
    )
    await backend.storeResult(result.id, { done: 1 }, 'PROGRESS')
    assert.deepEqual(
      [await result.status(), await result.info(), await result.ready()],
      ['PROGRESS', { done: 1 }, false],
    )
    await backend.markAsFailure(result.id, new Error('bad'), 'Traceback: here')
    assert.deepEqual(
      [await result.ready(), await result.failed(), await result.successful()],
      [true, true, false],
    )
    assert.equal(await result.traceback(), 'Traceback: here')
    assert.match(String(await result.dateDone()), /^\d{4}-.*\+00:00$/)
  })

  it('shows progress until the task is done', async () => {
    const result = newResult()
    const seen: unknown[] = []
    for await (const meta of result.watch()) {
      seen.push(meta.result)
      if (meta.status === 'PENDING') await backend.storeResult(result.id, { done: 1 }, 'PROGRESS')
      if (meta.status === 'PROGRESS') await backend.markAsDone(result.id, 'end')
    }
    assert.deepEqual(seen, [null, { done: 1 }, 'end'])
  })

  it('shows what the task says of its progress, and nothing else', async () => {
    const result = newResult()
    await backend.markAsStarted(result.id, { pid: 1, hostname: 'w' })
    const seen: unknown[] = []
    const told = (async () => {
      for await (const word of result.progress<{ done: number }>()) {
        seen.push(word.done)
        if (word.done < 3) await backend.storeResult(result.id, { done: word.done + 1 }, 'PROGRESS')
        else await backend.markAsFailure(result.id, new Error('at last'))
      }
    })()
    await backend.storeResult(result.id, { done: 1 }, 'PROGRESS')
    await told
    assert.deepEqual(seen, [1, 2, 3])
  })

  it('keeps the answer once it is known, until it is told to forget it', async () => {
    const result = newResult()
    await backend.markAsDone(result.id, 1)
    assert.equal(await result.get(), 1)
    await backend.forget(result.id)
    assert.equal(await result.get({ timeout: 0.01 }), 1)
    await result.forget()
    assert.equal(await result.state(), 'PENDING')
  })

  it('is not waited for where its call ignores it', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1, { ignoreResult: true })
    const kept = app.task('kept', () => 1)
    for (const result of [
      await task.delay(),
      await task.s().delay(),
      await app.sendTask('elsewhere', { ignoreResult: true }),
      await app.signature('elsewhere', { ignoreResult: true }).delay(),
    ]) {
      assert.equal(result.ignored, true)
      assert.equal(await result.get(), null)
      assert.equal(await result.state(), 'PENDING')
    }
    assert.deepEqual(await (await group(task.s(), task.s()).delay()).get(), [null, null])
    assert.equal((await kept.delay()).ignored, false)
    assert.equal((await task.applyAsync({ ignoreResult: false })).ignored, false)
  })

  it('is not a promise of the result', async () => {
    assert.equal('then' in newResult(), false)
  })

  it('asks the workers to revoke its task', async () => {
    const result = newResult()
    await result.revoke({ terminate: true, signal: 'SIGKILL' })
    assert.deepEqual(revoked, [[result.id, { terminate: true, signal: 'SIGKILL' }]])
  })

  it('becomes a tuple and comes back with its parents', () => {
    const tuple: ResultTuple = [['c', [['b', [['a', null], null]], null]], null]
    const result = resultFromTuple(tuple, app)
    assert.deepEqual([result.id, result.parent?.id, result.parent?.parent?.id], ['c', 'b', 'a'])
    assert.deepEqual(result.asTuple(), tuple)
  })

  it('knows the tasks and groups that its own started', async () => {
    const result = newResult()
    const group: ResultTuple = [
      ['g', null],
      [
        [['m-1', null], null],
        [['m-2', null], null],
      ],
    ]
    await backend.markAsDone(result.id, 1, { children: [[['c', null], null], group] })
    const [child, members, ...others] = await result.children()
    assert.deepEqual([child?.id, members?.asTuple(), others], ['c', group, []])
  })

  it('says how to get results where none are kept', async () => {
    const disabled = await createBackend('disabled://')
    const result = new AsyncResult('x', { ...app, backend: async () => disabled })
    await disabled.markAsDone('x', 1)
    for (const asked of [result.get(), result.state(), result.forget()]) {
      await assert.rejects(
        asked,
        (error) => error instanceof BackendError && /Set resultBackend/.test(error.message),
      )
    }
  })
})
