import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Espeak, type SpeechEvent } from '../src/espeak.ts'
import { withNasalWords } from '../src/nasal-words.ts'

const phonemes = (from: number, ...sounds: string[]) =>
  sounds.map((phoneme, index): SpeechEvent => {
    return { type: 'phoneme', start: 0, end: 0, at: from + 10 * index, phoneme }
  })
const word = (start: number, end: number, at: number): SpeechEvent => {
  return { type: 'word', start, end, at, phoneme: '' }
}
const begin = (events: readonly SpeechEvent[]) =>
  events.filter(({ type }) => type === 'word').map(({ start, end, at }) => [start, end, at])

describe('withNasalWords', () => {
  it('finds the words that were not told, in the middle, at the beginning and one behind the other', () => {
    const text = '나는 “만 몇” 개'
    const sounds = phonemes(0, 'n', 'ˈɐ', 'n', 'ɯ', 'n', 'm', 'ˈɐ', 'n', 'm', 'j', 'ʌ', 't-')
    const events = [...sounds, word(8, 9, 120), ...phonemes(120, 'ɡ', 'ˈɛ')]
    const found = withNasalWords(text, events)
    assert.deepEqual(begin(found), [
      [0, 2, 0],
      [4, 5, 50],
      [6, 7, 80],
      [8, 9, 120],
    ])
    assert.deepEqual(
      found.filter(({ type }) => type === 'phoneme'),
      events.filter(({ type }) => type === 'phoneme'),
    )
    assert.deepEqual(
      found.map(({ at }) => at),
      found.map(({ at }) => at).toSorted((a, b) => a - b),
    )
  })

  it('adds none where it cannot count: signs, digits, other letters, or other sounds than expected', () => {
    const events = [word(0, 1, 0), ...phonemes(0, 'ɡ', 'ˈɐ', 'n', 'ɐ')]
    assert.deepEqual(begin(withNasalWords('가 나', events)), [
      [0, 1, 0],
      [2, 3, 20],
    ])
    for (const text of ['가& 나', '가3 나', '가b 나', '가 마', '가 나가']) {
      assert.deepEqual(withNasalWords(text, events), events, text)
    }
  })
})

describe('Espeak', () => {
  let espeak: Espeak

  before(async () => {
    espeak = await Espeak.load()
  })

  after(() => espeak.close())

  it('tells of every Korean word, whatever it begins with, and when its first sound is heard', () => {
    const text = '나는 오늘 만 이천 원을 냈고, 너는 몇 명의 이야기를 늦게 들었니? 무늬 없는 옷, 내 마음.'
    const settings = {
      identifier: espeak.catalogue.identifier('ko', ''),
      rate: 175,
      pitch: 50,
      range: 50,
      volume: 100,
    }
    const { events } = espeak.speak(text, settings)
    const told = events.filter(({ type }) => type === 'word')
    assert.deepEqual(
      told.map(({ start, end }) => text.slice(start, end)),
      text.match(/[가-힣]+/g),
    )
    for (const [index, { at }] of told.entries()) assert.ok(index === 0 || at > Number(told[index - 1]?.at))
  })
})
