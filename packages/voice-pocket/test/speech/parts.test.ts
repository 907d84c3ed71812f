import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toParts } from '../../src/speech/parts.ts'
import type { Sentence } from '../../src/speech/sentences.ts'
import { SpokenText } from '../../src/text/spoken-text.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import { seededRandom } from '../seeded-random.ts'

const NOTHING_TOLD = { sounds: [], marks: [], continues: false } as const

function sentencesOf(lengths: readonly number[]): Sentence[] {
  let at = 0
  return lengths.map((length) => {
    const start = at
    at += length + 1
    const settings = { ...DEFAULT_VOICE, language: 'en' }
    return { start, end: start + length, spoken: SpokenText.of(''), settings, ...NOTHING_TOLD, pauseMs: 0 }
  })
}

const sizes = (lengths: readonly number[]) =>
  toParts(sentencesOf(lengths)).map(({ start, end }) => end - start)

describe('toParts', () => {
  it('has the first sentence alone, so that it is heard at once', () => {
    assert.equal(toParts(sentencesOf([50, 50, 50]))[0]?.sentences.length, 1)
    assert.equal(toParts(sentencesOf([300]))[0]?.sentences.length, 1)
  })

  it('has longer and longer parts, until they are long enough', () => {
    const lengths = sizes(Array(200).fill(49))
    assert.equal(lengths[0], 49)
    for (const [index, length] of lengths.slice(0, -1).entries()) {
      assert.ok(length <= 3 * Number(lengths[index - 1] ?? length) + 50)
      assert.ok(length <= 830)
    }
    assert.ok(lengths.slice(4, -1).every((length) => length > 700))
  })

  it('never takes a sentence apart, loses one or changes their order', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 200; round++) {
      const sentences = sentencesOf(
        Array.from({ length: Math.ceil(random() * 40) }, () => Math.ceil(random() * 400)),
      )
      const parts = toParts(sentences)
      assert.deepEqual(
        parts.flatMap(({ sentences }) => sentences),
        sentences,
      )
      assert.deepEqual(
        parts.map(({ index }) => index),
        [...parts.keys()],
      )
    }
  })
})
