import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Espeak, type EspeakSettings } from '../src/espeak.ts'
import { EngineClosedError, UnknownVoiceError } from '../src/exceptions.ts'

describe('Espeak', () => {
  let espeak: Espeak

  before(async () => {
    espeak = await Espeak.load()
  })

  after(() => espeak.close())

  function settings(language: string, more: Partial<EspeakSettings> = {}): EspeakSettings {
    const identifier = espeak.catalogue.identifier(language, '')
    return { identifier, rate: 175, pitch: 50, range: 50, volume: 100, ...more }
  }

  function words(text: string, language = 'en-us'): string[] {
    const { events } = espeak.speak(text, settings(language))
    return events.filter(({ type }) => type === 'word').map(({ start, end }) => text.slice(start, end))
  }

  const length = (text: string, language = 'en-us') => espeak.speak(text, settings(language)).samples.length

  it('says every word around markup signs', () => {
    assert.deepEqual(words('if x <b then say hello world'), ['if', 'x', 'b', 'then', 'say', 'hello', 'world'])
    assert.deepEqual(words('one</speak> two'), ['one', '/', 'speak', 'two'])
    assert.deepEqual(words('<b>bold</b> text'), ['b', 'bold', '/', 'b', 'text'])
    assert.deepEqual(words('Q&A and R & D'), ['Q', '&', 'A', 'and', 'R', '&', 'D'])
  })

  it('says an ampersand as a word', () => {
    assert.ok(length('rock & roll') > length('rock roll') * 1.1)
  })

  it('reads double brackets as text, not as phoneme codes', () => {
    assert.deepEqual(words('say [[hello world]] now'), words('say hello world now'))
  })

  it('goes on after NUL and other control characters', () => {
    assert.deepEqual(words('hello\0 world\u0007 again'), ['hello', 'world', 'again'])
  })

  it('gives the offsets of each word in a text with emoji, as JavaScript counts', () => {
    const text = '😀 hello 👍 <you> & me'
    const { events } = espeak.speak(text, settings('ko'))
    const spoken = events
      .filter(({ type }) => type === 'word')
      .map(({ start, end }) => text.slice(start, end))
    assert.deepEqual(spoken, ['hello', 'you', '&', 'me'])
  })

  it('gives word times that never go back', () => {
    const { events, samples } = espeak.speak('It costs 12,345 won, or $5.30 & more.', settings('en-us'))
    const times = events.map(({ at }) => at)
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    )
    assert.ok(Number(times.at(-1)) <= (samples.length * 1000) / espeak.sampleRate)
  })

  it('says both when it is given two sentences', () => {
    const spoken = words('Hello. How are you?')
    assert.equal(spoken.length, 4)
    assert.deepEqual(spoken.slice(1, 3), ['How', 'are'])
  })

  it('gives no samples for a text without letters and digits', () => {
    for (const text of ['', ' ', '...', '!', '?!', '—', '***', '🙂', '()', '\n']) {
      assert.equal(length(text), 0, JSON.stringify(text))
      assert.equal(length(text, 'ko'), 0, JSON.stringify(text))
    }
  })

  it('says all of a Korean clause however long it is', () => {
    for (const count of [50, 60, 80, 120, 200]) {
      assert.equal(words(Array(count).fill('안녕').join(' '), 'ko').length, count)
    }
  })

  it('says all of a word however long it is', () => {
    const syllables = (count: number) => length('국밥'.repeat(count / 2), 'ko') / count
    const letters = (count: number) => length('ba'.repeat(count / 2)) / count
    assert.ok(
      syllables(400) > 0.9 * syllables(30),
      `${syllables(400)} and ${syllables(30)} samples a syllable`,
    )
    assert.ok(letters(400) > 0.9 * letters(30), `${letters(400)} and ${letters(30)} samples a letter`)
  })

  it('says every one of many digits and numbers', () => {
    for (const language of ['ko', 'en-us']) {
      assert.equal(words('7'.repeat(400), language).length, 400)
      const one = length('98765432', language)
      assert.ok(length(Array(44).fill('98765432').join(' '), language) > 35 * one)
    }
  })

  it('takes nothing of one call into the next', () => {
    const plain = length('Good morning to you.')
    espeak.speak('빨리', settings('ko', { rate: 450, pitch: 99, range: 0, volume: 10 }))
    assert.ok(Math.abs(length('Good morning to you.') - plain) < 0.01 * plain)
  })

  it('goes on with a known voice after an unknown one was refused', () => {
    const before = words('안녕하세요', 'ko')
    assert.throws(
      () => espeak.speak('안녕하세요', settings('ko', { identifier: 'no/such' })),
      UnknownVoiceError,
    )
    assert.deepEqual(words('안녕하세요', 'ko'), before)
  })

  it('refuses to speak once it is closed, and closes twice', async () => {
    const closed = await Espeak.load()
    const { identifier } = settings('ko')
    closed.close()
    closed.close()
    assert.throws(() => closed.speak('안녕', settings('ko', { identifier })), EngineClosedError)
  })
})

describe('VoiceCatalogue', () => {
  let espeak: Espeak

  before(async () => {
    espeak = await Espeak.load()
  })

  after(() => espeak.close())

  it('knows Korean, English and its accents, in any case of letters', () => {
    assert.equal(espeak.catalogue.identifier('ko', ''), 'ko')
    assert.equal(espeak.catalogue.identifier('EN-us', ''), 'gmw/en-US')
    assert.equal(espeak.catalogue.identifier('en', 'f2'), 'gmw/en+f2')
    assert.equal(espeak.catalogue.identifier('zh', ''), 'sit/cmn')
  })

  it('refuses an unknown language and an unknown variant by name', () => {
    assert.throws(() => espeak.catalogue.identifier('xx', ''), /UnknownVoiceError: .*"xx".*\bko\b/)
    assert.throws(() => espeak.catalogue.identifier('ko', 'nope'), /UnknownVoiceError: .*"nope".*\bf2\b/)
    assert.throws(() => espeak.catalogue.identifier('../ko', ''), UnknownVoiceError)
    assert.throws(() => espeak.catalogue.identifier('ko', '../../x'), UnknownVoiceError)
  })

  it('has no MBROLA voice', () => {
    for (const language of ['mb-us1', 'mb/mb-us1', 'us-mbrola-1']) {
      assert.throws(() => espeak.catalogue.identifier(language, ''), UnknownVoiceError)
    }
  })
})
