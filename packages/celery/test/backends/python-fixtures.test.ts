/** Records that Python Celery stored (`fixtures/python/results/record.py`), read and written as ours. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { registry } from '@voice-pocket/kombu'
import type { ResultContext, ResultTuple } from '../../src/backends/base.ts'
import { encodeException } from '../../src/backends/exception-record.ts'
import { fromRecord, type ResultRecord, toRecord } from '../../src/backends/result-meta.ts'
import * as exceptions from '../../src/exceptions.ts'

const folder = join(import.meta.dirname, '../fixtures/python/results')
const names = readdirSync(folder).filter((file) => file.endsWith('.json'))

function load(name: string): ResultRecord & Record<string, unknown> {
  const body = readFileSync(join(folder, `${name}.json`))
  return registry.loads(body, 'application/json', 'utf-8', ['json']) as ResultRecord & Record<string, unknown>
}

function read(name: string) {
  const record = load(name)
  return fromRecord(record.task_id, record)
}

describe('a result that Python stored', () => {
  it('is read as it was meant', () => {
    assert.deepEqual(read('success').result, { a: [1, 2.5, null, true, '안녕'] })
    assert.deepEqual(read('started').result, { pid: 4711, hostname: 'worker1@host' })
    assert.deepEqual([read('progress').status, read('progress').result], ['PROGRESS', { done: 3, total: 10 }])
    const { groupId, parentId, children } = read('success-in-group')
    assert.deepEqual([groupId, parentId, children.length], ['g-1', 'p-1', 3])
    const { name, args, kwargs, worker, retries, queue } = read('success-extended')
    assert.deepEqual(
      [name, args, kwargs, worker, retries, queue],
      [...['tasks.add', [2, 3], { z: 1 }, 'worker1@host', 2, 'celery']],
    )
  })

  const failures: [name: string, type: unknown, text: string][] = [
    ['failure', exceptions.RemoteError, 'ValueError: bad, 3'],
    ['failure-type-error', TypeError, 'TypeError: unsupported operand'],
    ['failure-key-error', exceptions.RemoteError, 'KeyError: missing'],
    ['failure-no-arguments', exceptions.RemoteError, 'RuntimeError'],
    ['failure-nested-class', exceptions.RemoteError, 'Outer.InnerError: deep, { code: 7 }'],
    [
      'failure-worker-lost',
      exceptions.WorkerLostError,
      'WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 0.',
    ],
    [
      'failure-soft-time-limit',
      exceptions.SoftTimeLimitExceeded,
      'SoftTimeLimitExceeded: The soft time limit of the task was exceeded',
    ],
    [
      'failure-max-retries',
      exceptions.MaxRetriesExceededError,
      "MaxRetriesExceededError: Can't retry tasks.add[x] args:[2] kwargs:{}",
    ],
    ['failure-chord', exceptions.ChordError, "ChordError: Dependency d-1 raised ValueError('bad')"],
    ['failure-timeout', exceptions.TimeoutError, 'TimeoutError: The operation timed out.'],
    ['failure-reject', exceptions.Reject, 'Reject: reject requeue=true: no'],
    ['retry', exceptions.RemoteError, 'ConnectionError: later'],
    ['revoked-expired', exceptions.TaskRevokedError, 'TaskRevokedError: expired'],
  ]
  for (const [name, type, text] of failures) {
    it(`${name} is read as ${text.split(':')[0]}`, () => {
      const { result, traceback } = read(name)
      assert.ok(result instanceof Error)
      assert.deepEqual([result.constructor, String(result)], [type, text])
      if (traceback !== null) assert.equal((result.cause as exceptions.RemoteTraceback).traceback, traceback)
    })
  }

  it('names the time limit and the task that its exceptions are about', () => {
    const { result: limit } = read('failure-time-limit')
    assert.ok(limit instanceof exceptions.TimeLimitExceeded && limit.seconds === 30)
    const { result: unknown } = read('failure-not-registered')
    assert.ok(unknown instanceof exceptions.NotRegistered && unknown.taskName === 'proj.tasks.add')
  })

  for (const file of names) {
    it(`${file} would be written by us in the same words and order`, () => {
      const record = load(file.replace('.json', ''))
      const { taskId, status, result, traceback } = fromRecord(record.task_id, record)
      const ours = toRecord({
        ...{ taskId, status, traceback, request: requestOf(record), extended: 'name' in record },
        result: result instanceof Error ? encodeException(result, () => true) : result,
        now: new Date(record.date_done ?? 0),
      })
      const microsecondsLess = (text: string | null) => text?.replace(/\d{3}\+/, '000+') ?? null
      const theirs = { ...record, date_done: microsecondsLess(record.date_done) }
      assert.deepEqual(ours, theirs)
      assert.deepEqual(Object.keys(ours), Object.keys(theirs))
    })
  }
})

/** The request that Python had when it wrote the record. */
function requestOf(record: Record<string, unknown>): ResultContext | undefined {
  if (record.children === null) return undefined
  return {
    children: record.children as ResultTuple[],
    ...('group_id' in record && { group: 'g-1', parentId: 'p-1' }),
    ...('name' in record && {
      ...{ task: 'tasks.add', args: [2, 3], kwargs: { z: 1 }, hostname: 'worker1@host', retries: 2 },
      deliveryInfo: { routingKey: 'celery' },
    }),
    ...('stamped_headers' in record && { stampedHeaders: ['monitor'], stamps: { monitor: ['m-1'] } }),
  }
}
