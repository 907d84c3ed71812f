import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Engine, EngineCapabilities } from '../../src/engines/engine.ts'
import { loadEngine } from '../../src/engines/index.ts'
import { UnspeakableTextError } from '../../src/exceptions.ts'
import { toSentences } from '../../src/speech/sentences.ts'
import { Lexicon } from '../../src/text/lexicon.ts'
import { plainText } from '../../src/text/manuscript.ts'
import type { ReadingOptions } from '../../src/text/reading.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'

const FULL = { min: 0, max: 4 }
const CAPABILITIES = {
  languages: ['ko', 'en'],
  voices: [],
  rate: FULL,
  pitch: FULL,
  range: FULL,
  volume: FULL,
}

function engineWith(more: Partial<EngineCapabilities> = {}): Engine {
  return {
    name: 'silent',
    sampleRate: 8_000,
    capabilities: { ...CAPABILITIES, ...more },
    synthesize: () => Promise.reject(new Error('nothing is spoken here')),
    close: async () => {},
  }
}

const given = ({ text, ...script }: { text: string } & ReadingOptions, engine = engineWith()) =>
  toSentences({ ...script, manuscript: plainText(text), voice: DEFAULT_VOICE }, engine).map(
    ({ spoken }) => spoken.text,
  )

describe('toSentences', () => {
  it('writes numbers and signs out, unless told not to', () => {
    assert.deepEqual(given({ text: '사과 3개. $5 now.' }), ['사과 세 개.', 'five dollars now.'])
    assert.deepEqual(given({ text: '사과 3개. $5 now.', normalize: false }), ['사과 3개.', '$5 now.'])
  })

  it('spells words as they sound for an engine that wants it, in the languages it names', () => {
    const letterByLetter = engineWith({ respell: ['ko'] })
    assert.deepEqual(given({ text: '국물 3개를 먹는다. Hello.' }, letterByLetter), [
      '궁물 세 개를 멍는다.',
      'Hello.',
    ])
    assert.deepEqual(given({ text: '국물' }), ['국물'])
    assert.deepEqual(given({ text: '국물', normalize: false }, letterByLetter), ['국물'])
  })

  it('makes eSpeak NG say what Korean sounds like', async () => {
    const engine = await loadEngine('espeak')
    const sound = async (normalize: boolean) => {
      const [sentence] = toSentences(
        { manuscript: plainText('국물'), normalize, voice: DEFAULT_VOICE },
        engine,
      )
      assert.ok(sentence)
      const { marks } = await engine.synthesize(sentence.spoken.text, sentence.settings)
      return marks.map(({ phoneme }) => phoneme).join('')
    }
    try {
      assert.match(await sound(true), /uŋmu/)
      assert.doesNotMatch(await sound(false), /ŋ/)
    } finally {
      await engine.close()
    }
  })

  it('begins with the lexicon', () => {
    const lexicon = new Lexicon([{ word: 'LGTM', say: '좋아 보여요' }])
    assert.deepEqual(given({ text: 'LGTM 3', language: 'ko', lexicon }), ['좋아 보여요 삼'])
  })

  it('has nothing to say of faces alone', () => {
    assert.throws(() => given({ text: 'ㅠㅠ :) 😀' }), UnspeakableTextError)
  })
})
