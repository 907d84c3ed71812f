/** What every Engine has to do. The test of an engine calls `engineConformance` with a way to create it. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { measure } from '../src/audio/pcm.ts'
import type { Engine } from '../src/engines/engine.ts'
import { DEFAULT_VOICE, type VoiceSettings, voiceSchema } from '../src/voices/voice.ts'

const SENTENCES: Readonly<Record<string, string>> = {
  ko: '안녕하세요, 보이스 포켓입니다.',
  en: 'Hello, this is Voice Pocket.',
}

export function engineConformance(name: string, create: () => Promise<Engine>): void {
  describe(`${name} as an Engine`, () => {
    let engine: Engine

    before(async () => {
      engine = await create()
    })

    after(() => engine.close())

    const speak = (text: string, settings: Partial<VoiceSettings> = {}) =>
      engine
        .synthesize(text, { ...DEFAULT_VOICE, language: 'en', ...settings })
        .then(({ samples }) => samples)

    const seconds = (samples: Int16Array) => samples.length / engine.sampleRate

    it('declares what it has', () => {
      assert.match(engine.name, /^[a-z][a-z0-9-]*$/)
      assert.ok(engine.sampleRate >= 8000 && engine.sampleRate <= 96_000)
      const {
        languages,
        voices,
        cloning,
        respell = [],
        phonemes = [],
        instructions = false,
        ...numbers
      } = engine.capabilities
      assert.ok(languages.length > 0)
      assert.ok(languages.every((language) => language === language.toLowerCase()))
      assert.equal(new Set([...voices, '']).size, voices.length + 1)
      assert.ok([undefined, 'recording', 'recording-and-transcript'].includes(cloning))
      assert.ok([...respell, ...phonemes].every((language) => languages.includes(language)))
      assert.equal(typeof instructions, 'boolean')
      const bounds = Object.entries(numbers)
      assert.deepEqual(bounds.map(([key]) => key).sort(), ['pitch', 'range', 'rate', 'volume'])
      for (const [key, { min, max }] of bounds)
        assert.ok(min <= 1 && 1 <= max, `1 is normal, also for ${key}`)
    })

    for (const [language, sentence] of Object.entries(SENTENCES)) {
      it(`speaks ${language}: audibly, without distortion, and for as long as a person would`, async () => {
        if (!engine.capabilities.languages.includes(language)) return
        const samples = await speak(sentence, { language })
        const { peak, rms } = measure(samples, engine.sampleRate)
        assert.ok(peak > 0.1 && peak < 1, `peak ${peak}`)
        assert.ok(rms > 0.01, `rms ${rms}`)
        assert.ok(seconds(samples) > 1 && seconds(samples) < 6, `${seconds(samples)} s`)
      })
    }

    it('prepares for somebody with settings that it takes itself', async () => {
      const recording = { samples: new Int16Array(24_000), sampleRate: 24_000, transcript: '' }
      const measured = { pitch: 205, spread: 6, syllables: 4.2, seconds: 10 }
      const voice = await engine.prepare?.([recording], measured)
      if (voice === undefined) return
      assert.equal(voiceSchema.safeParse(voice).success, true, JSON.stringify(voice))
      assert.ok((await speak('Hello there.', voice)).length > 0)
    })

    it('speaks with each of its voices, and not the same with all', async () => {
      const voices = ['', ...engine.capabilities.voices].slice(0, 12)
      const spoken = await Promise.all(voices.map((voice) => speak('Hello there.', { name: voice })))
      assert.ok(spoken.every((samples) => samples.length > 0))
      assert.equal(new Set(spoken.map((samples) => hash(samples))).size > 1, voices.length > 1)
    })

    it('tells when it says what, as far as it knows: in order, within the sentence and its sound', async () => {
      const sentence = 'Hello there, this is “Voice Pocket” 😀 & friends.'
      const { samples, marks } = await engine.synthesize(sentence, { ...DEFAULT_VOICE, language: 'en' })
      const durationMs = (samples.length * 1000) / engine.sampleRate
      let before = 0
      for (const { type, start, end, at, phoneme } of marks) {
        assert.ok(start >= 0 && start <= end && end <= sentence.length, `${start} to ${end}`)
        assert.ok(at >= before && at <= durationMs + 1, `${at} ms of ${durationMs}`)
        if (type === 'word') assert.equal(phoneme, '')
        before = at
      }
      const words = marks.filter(({ type }) => type === 'word')
      assert.ok(words.length === 0 || sentence.slice(words[0]?.start).startsWith('Hello'))
    })

    it('obeys no markup and loses no text around it', async () => {
      const plain = seconds(await speak('If x is small b then say hello world.'))
      const marked = seconds(await speak('If x is small <b then say hello world.'))
      assert.ok(Math.abs(marked - plain) < 0.35 * plain, `${marked} s and ${plain} s`)
      const brackets = seconds(await speak('Say [[hello world]] now.'))
      const without = seconds(await speak('Say hello world now.'))
      assert.ok(Math.abs(brackets - without) < 0.35 * without, `${brackets} s and ${without} s`)
    })

    it('says the end of a sentence however long it is', async () => {
      for (const [language, word] of [
        ['ko', '안녕하세요'],
        ['en', 'remember'],
      ] as const) {
        const [short, long] = await Promise.all(
          [10, 40].map((count) => speak(Array(count).fill(word).join(' '), { language })),
        )
        const ratio = seconds(long ?? new Int16Array()) / seconds(short ?? new Int16Array())
        assert.ok(
          ratio > 3.4 && ratio < 5.5,
          `four times the words of ${language} took ${ratio} times as long`,
        )
      }
    })

    it('gives nothing for a sentence without letters and digits', async () => {
      for (const text of ['', ' ', '...', '?!', '***']) assert.equal((await speak(text)).length, 0, text)
    })

    it('keeps nothing between two sentences', async () => {
      const before = seconds(await speak('Good morning to you.'))
      const { rate, pitch } = engine.capabilities
      await speak('안녕', { language: 'ko', rate: rate.max, pitch: pitch.max, volume: 0.1 })
      const again = seconds(await speak('Good morning to you.'))
      assert.ok(Math.abs(again - before) < 0.05 * before)
    })

    it('is faster at a higher rate', async () => {
      const [slow, fast] = [
        await speak('Where do we go?', { rate: 0.8 }),
        await speak('Where do we go?', { rate: 1.6 }),
      ]
      assert.ok(seconds(slow) > 1.4 * seconds(fast))
    })

    it('rejects what it does not have instead of taking something else', async () => {
      const { rate, pitch, range, volume } = engine.capabilities
      const wrong: Partial<VoiceSettings>[] = [
        { language: 'xx-none' },
        { name: 'no-such-voice' },
        { rate: rate.max + 0.1 },
        { rate: Number.NaN },
        { pitch: pitch.max + 0.1 },
        { range: range.max + 0.1 },
        { volume: volume.max + 0.1 },
      ]
      for (const settings of wrong)
        await assert.rejects(speak('Hello.', settings), Error, JSON.stringify(settings))
    })

    it('does not begin when the signal is aborted', async () => {
      const reason = new Error('enough')
      const settings = { ...DEFAULT_VOICE, language: 'en' }
      await assert.rejects(engine.synthesize('Hello.', settings, AbortSignal.abort(reason)), reason)
    })

    it('closes twice and speaks no more', async () => {
      const other = await create()
      await other.close()
      await other.close()
      await assert.rejects(other.synthesize('Hello.', { ...DEFAULT_VOICE, language: 'en' }))
    })
  })
}

function hash(samples: Int16Array): string {
  let value = samples.length
  for (const sample of samples) value = (Math.imul(value, 31) + sample) | 0
  return String(value)
}
