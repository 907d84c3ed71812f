import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createEngine, type EspeakEngine, type VoiceSettings } from '../src/index.ts'

const NORMAL: VoiceSettings = { language: 'en', name: '', rate: 1, pitch: 1, range: 1, volume: 1 }

describe('EspeakEngine', () => {
  let engine: EspeakEngine

  before(async () => {
    engine = await createEngine()
  })

  after(() => engine.close())

  const speak = (text: string, settings: Partial<VoiceSettings> = {}) =>
    engine.synthesize(text, { ...NORMAL, ...settings }).then(({ samples }) => samples)

  it('is known by the version that it is installed in, and by its accents', async () => {
    const { dependencies } = (await import('../package.json', { with: { type: 'json' } })).default
    const version = dependencies['@echogarden/espeak-ng-emscripten']
    assert.equal(engine.identity, `espeak-ng-emscripten ${version} [["en","en-us"]]`)
  })

  it('speaks twice as fast at rate 2', async () => {
    const [normal, fast] = [
      await speak('Where do we go from here?'),
      await speak('Where do we go from here?', { rate: 2 }),
    ]
    const ratio = normal.length / fast.length
    assert.ok(ratio > 1.7 && ratio < 2.3, `${ratio}`)
  })

  it('refuses numbers beyond its bounds instead of clamping them', async () => {
    const beyond: Partial<VoiceSettings>[] = [
      { rate: 2.6 },
      { rate: 0.4 },
      { rate: Number.NaN },
      { pitch: -0.1 },
      { pitch: 2.1 },
      { range: 3 },
      { volume: 1.1 },
      { volume: -1 },
    ]
    for (const settings of beyond) {
      const [name] = Object.keys(settings)
      const error = { name: 'InvalidSettingError', message: new RegExp(`^The ${name} is `) }
      await assert.rejects(speak('hello', settings), error)
    }
  })

  it('speaks at both ends of its bounds', async () => {
    const { rate, pitch, range, volume } = engine.capabilities
    for (const end of ['min', 'max'] as const) {
      const settings = { rate: rate[end], pitch: pitch[end], range: range[end], volume: volume[end] }
      assert.ok((await speak('hello', settings)).length > 0)
    }
  })

  it('rises with pitch and falls silent with volume 0', async () => {
    const [low, high] = [await speak('aaaa', { pitch: 0 }), await speak('aaaa', { pitch: 2 })]
    assert.ok(crossings(high) > 1.3 * crossings(low), `${crossings(high)} and ${crossings(low)} a second`)
    assert.ok((await speak('hello', { volume: 0 })).every((sample) => sample === 0))
  })

  it('speaks plain "en" as American unless told', async () => {
    const british = await createEngine({ accents: {} })
    const text = 'can not bath dance tomato'
    const [us, gb] = [await speak(text), (await british.synthesize(text, NORMAL)).samples]
    assert.equal((await speak(text, { language: 'en-us' })).length > 0, true)
    assert.ok(Math.abs(us.length - gb.length) > 200)
    await british.close()
  })

  it('refuses an unknown option, and an accent that does not exist', async () => {
    await assert.rejects(createEngine({ voices: {} } as never), /InvalidSettingError: .*"voices".*accents/)
    await assert.rejects(createEngine({ accents: { en: 'en-mars' } }), /UnknownVoiceError: .*"en-mars"/)
  })
})

/** Upward zero crossings a second: close enough to the pitch of a plain vowel. */
function crossings(samples: Int16Array): number {
  let count = 0
  for (let i = 1; i < samples.length; i++)
    if (Number(samples[i - 1]) < 0 && Number(samples[i]) >= 0) count += 1
  return (count * 22_050) / samples.length
}
