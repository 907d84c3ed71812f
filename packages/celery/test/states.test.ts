import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as states from '../src/states.ts'

it('a state is either ready or not, and a custom one is not', () => {
  for (const state of states.ALL_STATES) {
    assert.notEqual(states.READY_STATES.has(state), states.UNREADY_STATES.has(state), state)
  }
  assert.equal(states.READY_STATES.has('PROGRESS'), false)
})

it('what get() throws is an end, and an exception', () => {
  for (const state of states.PROPAGATE_STATES) {
    assert.ok(states.READY_STATES.has(state) && states.EXCEPTION_STATES.has(state), state)
  }
})
