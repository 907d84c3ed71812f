import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Engine } from '../../src/engines/engine.ts'
import { loadEngine } from '../../src/engines/index.ts'
import { toCues } from '../../src/speech/captions.ts'
import { toSentences } from '../../src/speech/sentences.ts'
import { speakPart } from '../../src/speech/speak.ts'
import {
  later,
  type Span,
  type TimedSentence,
  type Timeline,
  timeSentence,
} from '../../src/speech/timeline.ts'
import { plainText } from '../../src/text/manuscript.ts'
import { SpokenText } from '../../src/text/spoken-text.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import { seededRandom } from '../seeded-random.ts'

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

  it('works out when a word begins of which the engine is silent, by the sounds between those it tells of', () => {
    const sounds = ['o', 'n', 'ɯ', 'ɾ', 'ɯ', 'n', 'm', 'ɐ', 'n', 'i', 'tʃ'].map(
      (phoneme, index) => ({ type: 'phoneme', start: 0, end: 0, at: 50 * index, phoneme }) as const,
    )
    const original = '오늘은 만 이천'
    const marks = [word(0, 3, 0), ...sounds.slice(0, 9), word(6, 8, 450), ...sounds.slice(9)]
    const said = { start: 0, end: original.length, spoken: SpokenText.of(original), marks, durationMs: 600 }
    const { words: timed, estimated } = timeSentence(original, said)
    assert.deepEqual(
      timed.map(({ text, startMs, endMs }) => [text, startMs, endMs]),
      [
        ['오늘은', 0, 300],
        ['만', 300, 450],
        ['이천', 450, 600],
      ],
    )
    assert.deepEqual(
      timed.map((each) => each.estimated),
      [undefined, true, undefined],
    )
    assert.equal(estimated, false)
  })

  it('works it out from the letters where the engine does not tell of sounds', () => {
    const marks = [word(0, 3, 100), word(8, 12, 800)]
    assert.deepEqual(words(timed('one two four', SpokenText.of('one two four'), marks)), [
      '100-450 one',
      '450-800 two',
      '800-1000 four',
    ])
  })

  it('gives each word a time of its own, whatever an engine tells of them and of how many sounds', () => {
    const random = seededRandom(7)
    for (let run = 0; run < 300; run++) {
      const original = Array.from({ length: 1 + random() * 12 }, (_, i) =>
        '가나다라마바사아자'.slice(i % 7),
      ).join(' ')
      const spoken = SpokenText.of(original)
      const places = [...original.matchAll(/\S+/g)].map(({ index }) => index)
      const marks = places.filter(() => random() < 0.4).map((start) => word(start, start + 1, 20 * start))
      const count = Math.floor(random() * original.length * 2)
      const phonemes = Array.from({ length: count }, () => 20 * original.length * random()).toSorted(
        (a, b) => a - b,
      )
      const sounds = phonemes.map((at) => ({ type: 'phoneme', start: 0, end: 0, at, phoneme: 'a' }) as const)
      const all = [...marks, ...sounds].toSorted((one, other) => one.at - other.at)
      const said = { start: 0, end: original.length, spoken, marks: all, durationMs: 20 * original.length }
      const { words: found } = timeSentence(original, said)
      assert.equal(found.map(({ text }) => text).join(' '), original)
      assert.equal(found.length, places.length)
      assert.equal(found.at(-1)?.endMs, said.durationMs)
      assertFollow(found)
    }
  })

  it('moves with everything in it', () => {
    const sentence = later(timed('one two', SpokenText.of('one two'), [word(0, 3, 0), word(4, 7, 500)]), 250)
    assert.deepEqual([sentence.startMs, sentence.endMs], [250, 1250])
    assert.deepEqual(words(sentence), ['250-750 one', '750-1250 two'])
  })
})

/** Words that the engine tells of and words that it does not, signs, numbers, and words of another language. */
const VOCABULARY: Readonly<Record<string, readonly string[]>> = {
  ko: [
    '나는',
    '만',
    '오늘은',
    '“물가',
    '먹고',
    '3km',
    '—',
    '이천',
    '눈이',
    'GPT-4o',
    '&',
    '그',
    '몇',
    '3.2%로',
    '갔다,',
  ],
  en: [
    'the',
    'of',
    'a',
    'one',
    'lazy',
    '—',
    '$5.30',
    'in',
    'Mr.',
    '3 km',
    '&',
    '<best>',
    'an',
    '(no',
    '10:30',
    '안녕',
  ],
}

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
      assertFollow(words)
      assert.ok(phonemes.length > 20)
    })
  }

  it('name each word of any sentence once, as it stands in the text, and never overlap', async () => {
    const random = seededRandom(5)
    const pick = (words: readonly string[]) => String(words[Math.floor(random() * words.length)])
    for (const language of ['ko', 'en', 'ko', 'en', 'mixed', 'mixed']) {
      const vocabulary = VOCABULARY[language] ?? Object.values(VOCABULARY).flat()
      const text = Array.from({ length: 40 }, () => pick(vocabulary) + (random() < 0.1 ? '.' : '')).join(' ')
      const timeline = await spokenBy(engine, text)
      const words = timeline.sentences.flatMap((sentence) => sentence.words)
      const named = words.flatMap((each) => each.text.split(' '))
      assert.equal(named.join(' '), text, 'each word once and in order')
      const spoken = words.map(
        (each) => each.text.replaceAll('3 km', '3km').match(/\S*[\p{L}\p{N}]\S*/gu) ?? [],
      )
      assert.deepEqual(
        spoken.filter(({ length }) => length > 1),
        [],
        'each by itself',
      )
      for (const { text: own, start, end } of words) assert.equal(text.slice(start, end), own)
      assertFollow(words)
      for (const unit of ['word', 'sentence'] as const) {
        const cues = toCues(timeline, unit)
        assert.equal(cues.map((cue) => cue.text).join(' '), text)
        assert.equal(cues.at(-1)?.endMs, timeline.durationMs)
        assertFollow(cues)
      }
    }
  })

  for (const [text, told] of [
    ['나는 오늘은 만 이천 원을 늦게 냈다.', '나는 오늘은 만 이천 원을 늦게 냈다.'],
    ['It was one of the best in a long time.', 'It was one of the? best in a long time.'],
  ] as const) {
    it(`are its own, or marked where it is silent: ${told}`, async () => {
      const { sentences } = await spokenBy(engine, text)
      const words = sentences.flatMap((sentence) => sentence.words)
      assert.equal(words.map(({ text, estimated }) => (estimated ? `${text}?` : text)).join(' '), told)
      assert.ok(words.every(({ startMs, endMs }) => endMs - startMs > 40))
    })
  }
})

function spokenBy(engine: Engine, text: string): Promise<Timeline> {
  const sentences = toSentences({ manuscript: plainText(text), voice: DEFAULT_VOICE }, engine)
  return speakPart(text, sentences, { engine }).then(({ timeline }) => timeline)
}

function assertFollow(spans: readonly Span[]): void {
  for (const [index, { startMs, endMs }] of spans.entries()) {
    assert.ok(startMs < endMs && startMs >= Number(spans[index - 1]?.endMs ?? 0), `number ${index}`)
  }
}
