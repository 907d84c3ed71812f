import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ShutdownSequence } from '../../src/bin/shutdown-sequence.ts'

/** Signals, as `kill` names them, what each of them asks for, and the exit code: as Celery 5.6 was seen to do. */
const SEQUENCES: readonly (readonly [signals: string, kinds: string, exitCode: number, remaps?: boolean])[] =
  [
    ['TERM', 'warm', 0],
    ['TERM TERM TERM', 'warm warm warm', 0],
    ['INT', 'warm', 1],
    ['INT INT', 'warm cold', 1],
    ['INT TERM', 'warm warm', 1],
    ['INT INT INT INT', 'warm cold now leave', 1],
    ['QUIT', 'cold', 0],
    ['QUIT INT', 'cold now', 0],
    ['QUIT TERM', 'cold warm', 0],
    ['QUIT QUIT INT', 'cold now leave', 0],
    ['TERM TERM QUIT', 'warm warm cold', 0],
    ['TERM INT', 'warm warm', 1],
    ['TERM TERM', 'cold now', 0, true],
    ['TERM INT TERM', 'cold now leave', 0, true],
  ]

describe('signals to a worker', () => {
  for (const [signals, kinds, exitCode, remapsSigterm = false] of SEQUENCES) {
    it(`${signals}${remapsSigterm ? ' (remapped)' : ''} is ${kinds}, and ends with ${exitCode}`, () => {
      const sequence = new ShutdownSequence({ remapsSigterm })
      assert.equal(sequence.hasBegun, false)
      const asked = signals.split(' ').map((name) => sequence.next(`SIG${name}` as NodeJS.Signals).kind)
      assert.deepEqual([asked.join(' '), sequence.exitCode, sequence.hasBegun], [kinds, exitCode, true])
    })
  }
})
