import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Engine } from '../../src/engines/engine.ts'
import { loadEngine } from '../../src/engines/index.ts'
import { later, type TimedSentence, timeSentence } from '../../src/speech/timeline.ts'
import { SpokenText } from '../../src/text/spoken-text.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'

const word = (start: number, end: number, at: number) =>
  ({ type: 'word', start, end, at, phoneme: '' }) as const

function words({ words }: TimedSentence): string[] {
  return words.map(({ startMs, text, endMs }) => `${startMs}-${endMs} ${text}`)
}

function timed(original: string, spoken: SpokenText, marks: ReturnType<typeof word>[], durationMs = 1000) {
  return timeSentence(original, { start: 0, end: original.length, spoken, marks, durationMs })
}

describe('timeSentence', () => {
  it('names the words of the original, not those that were said', () => {
    const original = 'Run 3km, then rest.'
    const spoken = SpokenText.of(original).replace(/3km/g, () => 'three kilometres')
    const at = (text: string, ms: number) =>
      word(spoken.text.indexOf(text), spoken.text.indexOf(text) + text.length, ms)
    const marks = [at('Run', 0), at('three', 200), at('kilometres', 400), at('then', 700), at('rest', 850)]
    assert.deepEqual(words(timed(original, spoken, marks)), [
      '0-200 Run',
      '200-700 3km,',
      '700-850 then',
      '850-1000 rest.',
    ])
  })

  it('keeps words together that were read as one', () => {
    const original = 'about 3 km away'
    const spoken = SpokenText.of(original).replace(/3 km/g, () => 'three kilometres')
    const marks = [word(0, 5, 0), word(6, 11, 100), word(12, 22, 300), word(23, 27, 600)]
    assert.deepEqual(words(timed(original, spoken, marks)), ['0-100 about', '100-600 3 km', '600-1000 away'])
  })

  it('gives a sign of which nothing is heard to the word before it', () => {
    const spoken = SpokenText.of('- yes - no')
    assert.deepEqual(words(timed('- yes - no', spoken, [word(2, 5, 0), word(8, 10, 500)])), [
      '0-500 - yes -',
      '500-1000 no',
    ])
  })

  it('parts Chinese and Japanese where a dictionary does', () => {
    const original = '今日は晴れです。'
    const { words } = timed(original, SpokenText.of(original), [word(0, 2, 0), word(3, 5, 400)])
    assert.equal(words.map(({ text }) => text).join(''), original)
    assert.ok(words.length > 1)
  })

  it('goes by the lengths of words when the engine does not tell', () => {
    const sentence = timed('one three', SpokenText.of('one three'), [], 800)
    assert.equal(sentence.estimated, true)
    assert.deepEqual(words(sentence), ['0-300 one', '300-800 three'])
  })

  it('moves with everything in it', () => {
    const sentence = later(timed('one two', SpokenText.of('one two'), [word(0, 3, 0), word(4, 7, 500)]), 250)
    assert.deepEqual([sentence.startMs, sentence.endMs], [250, 1250])
    assert.deepEqual(words(sentence), ['250-750 one', '750-1250 two'])
  })
})

describe('the times of eSpeak NG', () => {
  let engine: Engine

  before(async () => {
    engine = await loadEngine('espeak')
  })

  after(() => engine.close())

  for (const [language, text] of [
    ['en', 'It costs 12,345 won, or $5.30 & more — of the <best> kind 😀 there is.'],
    ['ko', '오늘은 12,345원을 내고, 3시에 “집”으로 갔습니다.'],
  ] as const) {
    it(`cover all words of a sentence in ${language}, in order, until its end`, async () => {
      const { samples, marks } = await engine.synthesize(text, { ...DEFAULT_VOICE, language })
      const durationMs = (samples.length * 1000) / engine.sampleRate
      const { words, phonemes, estimated } = timed(text, SpokenText.of(text), marks as never, durationMs)
      assert.equal(estimated, false)
      assert.equal(words.map((each) => each.text).join(' '), text)
      assert.equal(words.at(-1)?.endMs, durationMs)
      for (const [index, { startMs, endMs }] of words.entries()) {
        assert.ok(startMs <= endMs && startMs >= Number(words[index - 1]?.endMs ?? 0), `word ${index}`)
      }
      assert.ok(words.filter(({ startMs, endMs }) => endMs - startMs > 40).length >= words.length - 2)
      assert.ok(phonemes.length > 20)
    })
  }
})
