import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createEngine, type EspeakEngine } from '../src/index.ts'
import { ipaOf, mnemonics } from '../src/ipa.ts'

const NORMAL = { name: '', rate: 2, pitch: 1, range: 1, volume: 1 }

describe('mnemonics', () => {
  it('takes the longest sound there is, and leaves out what nobody hears', () => {
    assert.deepEqual(mnemonics('təˈmeɪ.toʊ', 'en-us'), ["t@'meItoU"])
    assert.deepEqual(mnemonics('t͡ʃɪp ʃɪp', 'en-us'), ['tSIp', 'SIp'])
    assert.deepEqual(mnemonics('hɐŋɡuk', 'ko'), ['haNguk'])
    assert.deepEqual(mnemonics('hɐŋguk', 'ko'), ['haNguk'])
  })

  it('refuses a sound that is not there, by its name', () => {
    assert.throws(
      () => mnemonics('ʘa', 'en-us'),
      /InvalidSettingError: .*no sound "ʘ" in en-us .*it has b c d/,
    )
    assert.throws(() => mnemonics('ɯ', 'en-us'), /no sound "ɯ"/)
    assert.throws(() => mnemonics('a', 'de'), /no sound "a" in de/)
  })
})

describe('EspeakEngine that is told sounds', () => {
  let engine: EspeakEngine

  before(async () => {
    engine = await createEngine()
  })

  after(() => engine.close())

  const say = async (sentence: string, word: string, ipa: string, language: string) => {
    const start = sentence.indexOf(word)
    const sounds = [{ start, end: start + word.length, ipa }]
    const { marks } = await engine.synthesize(sentence, { ...NORMAL, language, sounds })
    const phonemes = marks.filter(({ type }) => type === 'phoneme').map(({ phoneme }) => phoneme)
    const words = marks
      .filter(({ type }) => type === 'word')
      .map(({ start, end }) => sentence.slice(start, end))
    return { phonemes: phonemes.join('').replace(/[ˈˌ]/gu, ''), words }
  }

  it('says which languages it can be told them in', () => {
    assert.deepEqual([...engine.capabilities.phonemes].sort(), ['en', 'en-us', 'ko'])
  })

  for (const language of ['en-us', 'ko']) {
    it(`has every sound of its list in ${language}`, async () => {
      for (const ipa of ipaOf(language)) {
        // Vowels and consonants among others, where no habit of the language changes them.
        const { phonemes } = await say(
          'x',
          'x',
          /[bcdfhjklmnpqrstvwxzçðŋɕɟɡɣɫɬɭɲɳɹɾʀʁʂʃʋʎʐʑʒʔʝβθχʍ]/u.test(ipa) ? `ɛ${ipa}ɛ` : `p${ipa}p`,
          language,
        )
        const heard = ipa === 't' ? /[tɾ]/u : new RegExp(ipa.replace('kʰ', 'kh').replace('pʰ', 'ph'), 'u')
        assert.match(phonemes.slice(1, -1), heard, `${ipa} in ${language}`)
      }
    })
  }

  it('says them in the place of the word, whose time it knows', async () => {
    const { phonemes, words } = await say('I say tomato now.', 'tomato', 'təˈmɑːtoʊ', 'en')
    assert.match(phonemes, /təmɑːɾoʊ/u)
    assert.deepEqual(words, ['I', 'say', 'tomato', 'now'])
  })

  it('says two words in the place of one, and a particle behind them', async () => {
    const { phonemes } = await say('서울은 크다', '서울', 'nju jok', 'ko')
    assert.match(phonemes, /nju.*jok/u)
    const { phonemes: behind } = await say('서울은 크다', '서울', 'nju jok', 'ko')
    assert.match(behind, /ɯn/u)
  })
})
