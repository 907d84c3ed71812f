import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkSettings } from '../../src/engines/check-settings.ts'
import { InvalidVoiceError } from '../../src/exceptions.ts'
import { DEFAULT_VOICE, type VoiceSettings } from '../../src/voices/voice.ts'

const bounds = { min: 0.5, max: 2 }
const engine = {
  name: 'test',
  capabilities: {
    languages: ['en', 'en-us', 'ko'],
    voices: ['f1'],
    rate: bounds,
    pitch: bounds,
    range: bounds,
    volume: { min: 0, max: 1 },
  },
}

const check = (settings: Partial<VoiceSettings>) =>
  checkSettings(engine, { ...DEFAULT_VOICE, language: 'ko', ...settings })

describe('checkSettings', () => {
  it('finds the nearest language that the engine has', () => {
    assert.equal(check({ language: 'ko-KR' }).language, 'ko')
    assert.equal(check({ language: 'EN-us' }).language, 'en-us')
    assert.equal(check({ language: 'en-us-x-north' }).language, 'en-us')
    assert.equal(check({ language: 'en-GB' }).language, 'en')
  })

  it('says which languages and voices there are', () => {
    assert.throws(() => check({ language: 'ja' }), /"ja"; it must be one of en, en-us, ko/)
    assert.throws(() => check({ name: 'f9' }), /"f9"; it must be one of f1/)
    const mute = { ...engine, capabilities: { ...engine.capabilities, voices: [] } }
    assert.throws(() => checkSettings(mute, { ...DEFAULT_VOICE, language: 'ko', name: 'x' }), /it has none/)
  })

  it('takes both ends of a range and nothing beyond', () => {
    assert.equal(check({ rate: 0.5 }).rate, 0.5)
    assert.equal(check({ rate: 2, name: 'f1' }).rate, 2)
    for (const wrong of [0.49, 2.01, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => check({ rate: wrong }), InvalidVoiceError)
      assert.throws(() => check({ pitch: wrong }), /The pitch is .* 0\.5 to 2/)
    }
  })
})
