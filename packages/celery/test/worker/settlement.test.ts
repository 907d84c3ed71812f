import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TimeLimitExceeded } from '../../src/index.ts'
import { type End, type Settlement, settlement } from '../../src/worker/settlement.ts'

const error = Object.assign(new Error('bad'), { traceback: '' })
const NO_EXCEPTION = { exc_type: 'DecodeError', exc_message: [], exc_module: 'kombu.exceptions' }
const tooLong = new TimeLimitExceeded(5)
const failure: End = { kind: 'failure', error, runtime: 1, expected: false }

const table: readonly (readonly [what: string, end: End, acksOnFailure: boolean, settlement: Settlement])[] =
  [
    ['succeeded', { kind: 'success', repr: '1', runtime: 1 }, false, 'ack'],
    ['failed', failure, true, 'ack'],
    ['failed, and failures are not to be acknowledged', failure, false, 'reject'],
    ['will be retried', { kind: 'retry', error }, false, 'ack'],
    ['is to be ignored', { kind: 'ignore' }, false, 'ack'],
    ['refused its message', { kind: 'reject', requeue: false, reason: '' }, true, 'reject'],
    ['refused its message and wants it back', { kind: 'reject', requeue: true, reason: '' }, true, 'requeue'],
    ['was cancelled', { kind: 'cancelled' }, false, 'ack'],
    ['lost its child and is to be run again', { kind: 'lost', error, again: true }, true, 'requeue'],
    ['lost its child for good', { kind: 'lost', error, again: false }, true, 'ack'],
    ['lost its child for good, unacknowledged', { kind: 'lost', error, again: false }, false, 'reject'],
    ['ran too long', { kind: 'timed-out', error: tooLong, again: false }, true, 'ack'],
    [
      'ran too long and is to be run again',
      { kind: 'timed-out', error: tooLong, again: true },
      false,
      'requeue',
    ],
    ['ran too long for good', { kind: 'timed-out', error: tooLong, again: false }, false, 'reject'],
    ['was given up', { kind: 'abandoned', error, again: true }, true, 'requeue'],
    ['was given up for good', { kind: 'abandoned', error, again: false }, true, 'dead-letter'],
    ['could not be read', { kind: 'undecodable', reason: '', exception: NO_EXCEPTION }, true, 'dead-letter'],
  ]

describe('a late-acknowledged message', () => {
  for (const [what, end, acksOnFailure, expected] of table) {
    it(`is settled with ${expected} when its task ${what}`, () => {
      assert.equal(settlement(end, acksOnFailure), expected)
    })
  }
})
