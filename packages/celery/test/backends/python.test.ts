import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import type { Backend } from '../../src/backends/base.ts'
import { createBackend } from '../../src/backends/index.ts'
import { MaxRetriesExceededError, type RemoteTraceback, WorkerLostError } from '../../src/exceptions.ts'
import { serviceFrom } from '../service.ts'
import { PythonPeer } from './python-peer.ts'

const redis = serviceFrom('REDIS_URL')
const python = serviceFrom('PYTHON_VENV')
const prefix = `test-${randomUUID()}:`

describe('results shared with Python Celery', { skip: redis.skip || python.skip, timeout: 60_000 }, () => {
  let backend: Backend
  let client: PythonPeer
  before(async () => {
    backend = await createBackend(redis.value, {
      transportOptions: { globalKeyprefix: prefix },
      expiresSeconds: 60,
    })
    client = new PythonPeer(python.value, redis.value, prefix)
  })
  after(async () => {
    await client.end()
    await backend.close()
  })

  it('are values that its get() returns', async () => {
    const [taskId, value] = [randomUUID(), { text: '안녕', list: [1, 2.5, null, true] }]
    await backend.markAsDone(taskId, value)
    assert.deepEqual(await client.ask('get', taskId), { state: 'SUCCESS', value })
  })

  it('wake its get() when that already waits', async () => {
    const taskId = randomUUID()
    const monitor = createClient({ url: redis.value })
    await monitor.connect()
    const subscribed = Promise.withResolvers<void>()
    await monitor.monitor((line) => {
      if (/subscribe/i.test(line) && line.includes(taskId)) subscribed.resolve()
    })
    const answer = client.ask('get', taskId)
    await subscribed.promise
    await backend.markAsStarted(taskId, { pid: 1, hostname: 'w@h' })
    await backend.markAsDone(taskId, 5)
    assert.deepEqual(await answer, { state: 'SUCCESS', value: 5 })
    monitor.destroy()
  })

  it('are exceptions that its get() raises, by the classes that it has', async () => {
    class PaymentError extends Error {}
    const cases: [thrown: unknown, type: string, module: string, args: unknown[]][] = [
      [new TypeError('bad'), 'TypeError', 'builtins', ['bad']],
      [new WorkerLostError('gone'), 'WorkerLostError', 'billiard.exceptions', ['gone']],
      [new MaxRetriesExceededError('enough'), 'MaxRetriesExceededError', 'celery.exceptions', ['enough']],
      [new PaymentError('3 short'), 'PaymentError', 'celery.exceptions', ['3 short']],
      [new RangeError('far'), 'RangeError', 'celery.exceptions', ['far']],
      ['only a word', 'ThrownValue', 'celery.exceptions', ['only a word']],
      [undefined, 'ThrownValue', 'celery.exceptions', [null]],
    ]
    for (const [thrown, type, module, args] of cases) {
      const taskId = randomUUID()
      await backend.markAsFailure(taskId, thrown, 'Traceback: here')
      const expected = { state: 'FAILURE', type, module, args, traceback: 'Traceback: here' }
      assert.deepEqual(await client.ask('get', taskId), expected)
    }
  })

  it('are raised as TaskRevokedError when the task was revoked', async () => {
    const taskId = randomUUID()
    await backend.markAsRevoked(taskId, 'terminated')
    const { state, type, args } = await client.ask('get', taskId)
    assert.deepEqual([state, type, args], ['REVOKED', 'TaskRevokedError', ['terminated']])
  })

  it('are read in between', async () => {
    const taskId = randomUUID()
    await backend.storeResult(taskId, { done: 1 }, 'PROGRESS')
    assert.deepEqual(await client.ask('meta', taskId), { state: 'PROGRESS', info: { done: 1 }, children: [] })
  })

  it('tell which tasks the task started', async () => {
    const taskId = randomUUID()
    await backend.markAsDone(taskId, 1, { children: [[['child', null], null]] })
    assert.deepEqual((await client.ask('meta', taskId)).children, ['child'])
  })

  it('wake us when Python stores them', async () => {
    const [done, failed] = [randomUUID(), randomUUID()]
    const waiting = [
      backend.waitFor(done, { timeoutSeconds: 20 }),
      backend.waitFor(failed, { timeoutSeconds: 20 }),
    ]
    await client.ask('succeed', done)
    await client.ask('fail', failed)
    const [success, failure] = await Promise.all(waiting)
    assert.deepEqual(success?.result, { by: 'Python' })
    assert.ok(failure?.result instanceof WorkerLostError)
    assert.equal((failure.result.cause as RemoteTraceback).traceback, 'Traceback: here')
  })

  it('are not overwritten by Python once they are a SUCCESS, nor by us', async () => {
    const [ours, theirs] = [randomUUID(), randomUUID()]
    await backend.markAsDone(ours, 'ours')
    await client.ask('fail', ours)
    await client.ask('succeed', theirs)
    await backend.markAsFailure(theirs, new Error('late'))
    assert.equal((await backend.getTaskMeta(ours)).result, 'ours')
    assert.equal((await client.ask('meta', theirs)).state, 'SUCCESS')
  })
})
