import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { partAffinity, speechAffinity } from '../../src/tasks/affinity.ts'

const uuid = '0190c1de-0000-7000-8000-000000000000'
const email = 'minji@example.com'
const affinity = speechAffinity({ engines: 'sherpa=./mine.js, espeak' })

describe('what should be warm for a task', () => {
  it('is the voice as its engine has it, or else the engine', () => {
    const keys = [`voice ${email} espeak`, 'engine espeak']
    assert.deepEqual(affinity([], { uuid, email, text: 'Hello.', engine: 'espeak' }), keys)
    assert.deepEqual(affinity([uuid, email, 'Hello.', { engine: 'espeak' }], {}), keys)
    assert.deepEqual(partAffinity([{ email, engine: 'espeak' }]), keys)
  })

  it('is of the first engine where none is named', () => {
    const keys = [`voice ${email} sherpa`, 'engine sherpa']
    assert.deepEqual(affinity([], { uuid, email, text: 'Hello.' }), keys)
    assert.deepEqual(affinity([uuid, email, 'Hello.'], {}), keys)
  })

  it('is the engine where the arguments tell nobody', () => {
    assert.deepEqual(affinity([], { engine: 3 }), ['engine sherpa'])
    assert.deepEqual(affinity([uuid, 'nobody', 'Hello.', null], {}), ['engine sherpa'])
  })
})
