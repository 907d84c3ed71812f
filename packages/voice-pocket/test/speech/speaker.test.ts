import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { measure } from '../../src/audio/pcm.ts'
import { readWav } from '../../src/audio/wav.ts'
import type { Engine, Utterance } from '../../src/engines/engine.ts'
import { loadEngine } from '../../src/engines/index.ts'
import { InvalidVoiceError, SynthesisError, UnspeakableTextError } from '../../src/exceptions.ts'
import { makeTts, type Progress, type Speech } from '../../src/speech/speaker.ts'
import type { Timeline } from '../../src/speech/timeline.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { captionsKey } from '../../src/storage/key.ts'
import { plainText } from '../../src/text/manuscript.ts'
import { DEFAULT_VOICE, type VoiceSettings } from '../../src/voices/voice.ts'

const KEY = 'kim@example.com/one.wav'
const RATE = 8_000
const PER_MS = RATE / 1000

/** Ten milliseconds for each letter, and a note of what it was asked. */
class CountingEngine implements Engine {
  readonly name: string = 'counting'
  readonly sampleRate = RATE
  readonly capabilities = {
    languages: ['en', 'ko'],
    voices: ['f1'],
    rate: { min: 0.5, max: 2 },
    pitch: { min: 0, max: 2 },
    range: { min: 0, max: 2 },
    volume: { min: 0, max: 1 },
  }
  readonly asked: { sentence: string; settings: VoiceSettings }[] = []

  async synthesize(sentence: string, settings: VoiceSettings, signal?: AbortSignal): Promise<Utterance> {
    signal?.throwIfAborted()
    this.asked.push({ sentence, settings })
    return { samples: new Int16Array(10 * PER_MS * sentence.length).fill(10_000), marks: [] }
  }

  async close(): Promise<void> {}
}

/** Each sentence as `start text end`. */
function times({ sentences }: Timeline): string[] {
  return sentences.map(({ startMs, text, endMs }) => `${startMs} ${text} ${endMs}`)
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

describe('makeTts', () => {
  let folder: string
  let storage: FilesystemStorage
  let engine: CountingEngine

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voice-pocket-speaker-'))
    storage = new FilesystemStorage(join(folder, 'storage'))
    engine = new CountingEngine()
  })

  afterEach(() => rm(folder, { recursive: true }))

  const speak = (text: string, more: Partial<Speech> = {}) =>
    makeTts({
      manuscript: plainText(text),
      voice: DEFAULT_VOICE,
      engine,
      storage,
      key: KEY,
      scratch: folder,
      ...more,
    })

  const asked = () => engine.asked.map(({ sentence }) => sentence)
  const stored = async () => readWav(await buffer(await storage.read(KEY)))

  it('is as long as its parts and the pauses between them', async () => {
    const spoken = await speak('Ab. Cde!\n\nF')
    assert.deepEqual(asked(), ['Ab.', 'Cde!', 'F'])
    const { samples, sampleRate } = await stored()
    assert.equal(samples.length, 1130 * PER_MS)
    const { timeline, ...file } = spoken
    assert.deepEqual(file, { key: KEY, durationMs: 1130, sampleRate: RATE, bytes: 44 + 2 * 1130 * PER_MS })
    assert.deepEqual(times(timeline), ['0 Ab. 30', '380 Cde! 420', '1120 F 1130'])
    assert.equal(sampleRate, RATE)
    assert.equal((await storage.stat(KEY))?.size, spoken.bytes)
  })

  it('pauses shorter when it speaks faster', async () => {
    const { durationMs } = await speak('Ab. Cd.', { voice: { ...DEFAULT_VOICE, rate: 2 } })
    assert.equal(durationMs, 30 + 175 + 30)
  })

  it('skips what can not be spoken, but keeps the pause behind it', async () => {
    const { durationMs } = await speak('*** Ab.\n***\n\n😀\nCd.\n\n---\n')
    assert.deepEqual(asked(), ['Ab.', 'Cd.'])
    assert.equal(durationMs, 30 + 700 + 30)
  })

  it('keeps the times of every sentence beside the sound, and no part once it is whole', async () => {
    const { timeline } = await speak('Ab. Cd! Ef?')
    assert.deepEqual(await filesIn(join(folder, 'storage')), ['one.json', 'one.wav'])
    const kept = JSON.parse(String(await buffer(await storage.read(captionsKey(KEY)))))
    assert.deepEqual(kept, timeline)
  })

  it('cuts nothing off at the joins, and lets nothing click', async () => {
    await speak('Ab. Cd.')
    const { samples } = await stored()
    const at = (ms: number) => Math.abs(Number(samples[ms * PER_MS]))
    assert.ok(at(15) > 10_000 && at(30 + 350 + 15) > 10_000)
    assert.ok(samples.subarray(30 * PER_MS, 380 * PER_MS).every((sample) => sample === 0))
    assert.ok(Math.abs(Number(samples[30 * PER_MS - 1])) < 1000 && at(0) < 1000)
  })

  it('speaks each sentence in the language of its script', async () => {
    await speak('안녕하세요. Hello. 12! Docker를 씁니다.')
    assert.deepEqual(
      engine.asked.map(({ settings }) => settings.language),
      ['ko', 'en', 'ko', 'ko'],
    )
  })

  it('speaks all in one language when told, in any spelling of it', async () => {
    await speak('안녕하세요. Hello.', { language: 'ko-KR' })
    assert.deepEqual(
      engine.asked.map(({ settings }) => settings.language),
      ['ko', 'ko'],
    )
  })

  it('gives the engine the voice, and text without what it can not use', async () => {
    const voice = { ...DEFAULT_VOICE, name: 'f1', pitch: 1.5 }
    await speak('Hi\u200b 😀 <b>.', { voice })
    assert.deepEqual(engine.asked, [{ sentence: 'Hi b.', settings: { ...voice, language: 'en' } }])
  })

  it('tells its progress before the first sentence and after each, and which parts can be heard', async () => {
    const seen: Progress[] = []
    await speak('Ab. Cd! Ef?', { onProgress: (progress) => void seen.push(progress) })
    assert.deepEqual(
      seen,
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 1],
        [3, 1],
        [3, 2],
      ].map(([done, parts]) => ({ done, total: 3, parts })),
    )
  })

  it('lets others have their turn between two sentences', async () => {
    const order: string[] = []
    const ticking = setInterval(() => order.push('tick'), 0)
    await speak('Ab. '.repeat(200), { onProgress: ({ done }) => void order.push(String(done)) })
    clearInterval(ticking)
    assert.ok(order.indexOf('tick') !== -1 && order.indexOf('tick') < order.indexOf('200'))
  })

  for (const text of ['', '   \n', '...', '😀 !?', '\ud800', '***\n\n---']) {
    it(`says that there is nothing to say in ${JSON.stringify(text)}`, async () => {
      await assert.rejects(speak(text), UnspeakableTextError)
      assert.equal(await storage.stat(KEY), undefined)
    })
  }

  it('refuses a voice or a language before it speaks a word', async () => {
    await assert.rejects(speak('Hello. 今日は。'), /InvalidVoiceError: .*"ja"/)
    await assert.rejects(speak('Hello.', { language: 'de' }), InvalidVoiceError)
    await assert.rejects(speak('Hello.', { voice: { ...DEFAULT_VOICE, name: 'f9' } }), InvalidVoiceError)
    await assert.rejects(speak('Hello.', { manner: { rate: 9 } }), InvalidVoiceError)
    assert.deepEqual(engine.asked, [])
  })

  it('leaves no file when it is aborted between two sentences', async () => {
    const controller = new AbortController()
    const reason = new Error('not any more')
    const onProgress = ({ done }: Progress) => {
      if (done === 2) controller.abort(reason)
    }
    await assert.rejects(speak('Ab. Cd. Ef. Gh.', { signal: controller.signal, onProgress }), reason)
    assert.deepEqual(asked(), ['Ab.', 'Cd.'])
    assert.deepEqual(await filesIn(folder), [])
  })

  it('does not begin when it is aborted already', async () => {
    const reason = new Error('never')
    await assert.rejects(speak('A.', { signal: AbortSignal.abort(reason) }), reason)
    assert.deepEqual(engine.asked, [])
  })

  it('keeps the old file when it is aborted while it writes the new one', async () => {
    await speak('Old.')
    const controller = new AbortController()
    const reason = new Error('too late')
    const slow = {
      write: async (key: string, data: Uint8Array | AsyncIterable<Uint8Array>) => {
        if (key === KEY) controller.abort(reason)
        await storage.write(key, data)
      },
      read: (key: string) => storage.read(key),
      delete: (key: string) => storage.delete(key),
    }
    await assert.rejects(speak('New one.', { signal: controller.signal, storage: slow }), reason)
    assert.equal((await stored()).samples.length, 40 * PER_MS)
    assert.deepEqual(await readdir(join(folder, 'storage', '.incoming')), [])
  })

  it('says which sentence the engine failed on, and writes nothing', async () => {
    const cause = new Error('out of breath')
    engine.synthesize = async (sentence) => {
      if (sentence === 'Cd.') throw cause
      return { samples: new Int16Array(10), marks: [] }
    }
    await assert.rejects(speak('Ab. Cd. Ef.'), (error) => {
      assert.ok(error instanceof SynthesisError)
      assert.match(error.message, /counting failed on the sentence "Cd\.": Error: out of breath/)
      assert.equal(error.cause, cause)
      return true
    })
    assert.deepEqual(await filesIn(folder), [])
  })

  it('passes on what goes wrong in the progress', async () => {
    const cause = new Error('nobody listens')
    await assert.rejects(speak('A.', { onProgress: () => Promise.reject(cause) }), cause)
  })
})

describe('makeTts with eSpeak NG', () => {
  let engine: Engine
  let folder: string
  let storage: FilesystemStorage

  before(async () => {
    engine = await loadEngine('espeak')
    folder = await mkdtemp(join(tmpdir(), 'voice-pocket-speaker-'))
    storage = new FilesystemStorage(folder)
  })

  after(async () => {
    await engine.close()
    await rm(folder, { recursive: true })
  })

  const speak = (text: string) =>
    makeTts({ manuscript: plainText(text), voice: DEFAULT_VOICE, engine, storage, key: KEY })

  it('speaks Korean, English and both: whole, loud enough and without a click', async () => {
    for (const text of [
      '안녕하세요. 보이스 포켓입니다.',
      'Hello there. How are you today?',
      '안녕. Hello <b>you</b> & me! 끝.',
    ]) {
      const { durationMs, bytes } = await speak(text)
      const { samples, sampleRate } = readWav(await buffer(await storage.read(KEY)))
      const { durationMs: measured, peak, rms } = measure(samples, sampleRate)
      assert.equal(sampleRate, 22_050)
      assert.equal(bytes, 44 + samples.byteLength)
      assert.ok(Math.abs(measured - durationMs) < 1)
      assert.ok(durationMs > 1500 && durationMs < 8000, `${durationMs} ms`)
      assert.ok(peak > 0.3 && peak < 1 && rms > 0.03, `peak ${peak}, rms ${rms}`)
      assert.ok(
        edges(samples).every((jump) => jump < 0.02),
        `${Math.max(...edges(samples))} of full scale`,
      )
    }
  })

  it('holds no more than a few sentences of a long text in memory', { timeout: 120_000 }, async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')
    const held: number[] = []
    await makeTts({
      manuscript: plainText('오늘은 날씨가 참 좋습니다. '.repeat(400)),
      voice: { ...DEFAULT_VOICE, rate: 2 },
      engine,
      storage,
      key: KEY,
      onProgress: ({ done }) => {
        if (done % 100 !== 0) return
        collectGarbage()
        // Buffers are let go of beside the program; the second time waits for that of the first.
        collectGarbage()
        held.push(process.memoryUsage().arrayBuffers)
      },
    })
    const { size = 0 } = (await storage.stat(KEY)) ?? {}
    assert.ok(size > 12_000_000, `${size} bytes`)
    assert.ok(Math.max(...held) - Math.min(...held) < size / 3, `${held} bytes in memory of ${size}`)
  })
})

/** How large the first and the last sample of each spoken part is; parts lie between pauses of at least 0.3 s. */
function edges(samples: Int16Array): number[] {
  const jumps: number[] = []
  let lastLoud = Number.NEGATIVE_INFINITY
  for (const [index, sample] of samples.entries()) {
    if (sample === 0) continue
    if (index - lastLoud > 6000) jumps.push(Number(samples[lastLoud] ?? 0), sample)
    lastLoud = index
  }
  jumps.push(Number(samples[lastLoud] ?? 0))
  return jumps.map((jump) => Math.abs(jump) / 32_768)
}
