import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEngine, registerOf } from '../src/index.ts'

const ORDINARY = { pitch: 110, spread: 5, syllables: 4.5 }

test('a low voice is spoken by the low one, a high voice by the high one, the higher the higher', () => {
  const voices = [70, 90, 120, 149, 150, 200, 260, 330].map((pitch) => registerOf({ ...ORDINARY, pitch }))
  assert.deepEqual(
    voices.map(({ name }) => name),
    ['', '', '', '', 'f2', 'f2', 'f2', 'f2'],
  )
  for (const half of [voices.slice(0, 4), voices.slice(4)]) {
    const pitches = half.map(({ pitch }) => pitch)
    assert.deepEqual(
      pitches,
      pitches.toSorted((one, other) => one - other),
    )
    assert.equal(new Set(pitches).size, half.length)
  }
})

test('who speaks slowly is spoken slowly, and who is lively is spoken livelier', () => {
  const [slow, fast] = [3.5, 7].map((syllables) => registerOf({ ...ORDINARY, syllables }))
  assert.ok(Number(slow?.rate) < 0.6 && Number(fast?.rate) > 1.1, `${slow?.rate}, ${fast?.rate}`)
  const [calm, lively] = [2, 9].map((spread) => registerOf({ ...ORDINARY, spread }))
  assert.ok(Number(calm?.range) < 0.5 && Number(lively?.range) > 1.5)
})

for (const measured of [
  { pitch: 40, spread: 0, syllables: 0 },
  { pitch: 900, spread: 40, syllables: 30 },
]) {
  test(`what no engine could be, ${JSON.stringify(measured)}, is as far as it goes`, async () => {
    const engine = await createEngine()
    const voice = await engine.prepare([], measured)
    const { samples } = await engine.synthesize('Hello.', { language: 'en', ...voice })
    assert.ok(samples.length > 0)
    await engine.close()
  })
}
