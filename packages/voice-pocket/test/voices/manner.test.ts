import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inManner } from '../../src/voices/manner.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'

const WHOLE = { min: 0, max: 2 }
const CAPABILITIES = { rate: { min: 0.5, max: 2.5 }, pitch: WHOLE, range: WHOLE, volume: { min: 0, max: 1 } }
const SLOW = { ...DEFAULT_VOICE, name: 'f2', rate: 0.7, pitch: 0.6 }

test("what a request says is relative to the person's own way", () => {
  assert.deepEqual(inManner(SLOW, {}, CAPABILITIES), SLOW)
  const { rate, pitch } = inManner(SLOW, { rate: 2, pitch: 1.5 }, CAPABILITIES)
  assert.ok(Math.abs(rate - 1.4) < 1e-9 && Math.abs(pitch - 0.9) < 1e-9)
  assert.equal(inManner(DEFAULT_VOICE, { rate: 1.3 }, CAPABILITIES).rate, 1.3)
})

test('together they go as far as the engine goes; a request beyond that is for the engine to refuse', () => {
  assert.equal(inManner(SLOW, { rate: 0.6 }, CAPABILITIES).rate, 0.5)
  assert.equal(inManner(SLOW, { rate: 3.5 }, CAPABILITIES).rate, 3.5)
})

test('what is said in words reaches the engines that follow words, and no others', () => {
  const wanted = { instructions: 'Whisper.' }
  assert.deepEqual(inManner(SLOW, wanted, CAPABILITIES), SLOW)
  const following = { ...CAPABILITIES, instructions: true }
  assert.deepEqual(inManner(SLOW, wanted, following), { ...SLOW, ...wanted })
  assert.deepEqual(inManner(SLOW, {}, following), SLOW)
})

test('a voice of the engine that is named in the request has nothing of the person', () => {
  assert.deepEqual(inManner(SLOW, { voice: 'm3' }, CAPABILITIES), { ...DEFAULT_VOICE, name: 'm3' })
})
