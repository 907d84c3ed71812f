import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { decodeRecording } from '../../src/audio/decode.ts'
import { encodeFile, encodeLive } from '../../src/audio/encode.ts'
import { audioFormat, FORMAT_NAMES, type FormatName } from '../../src/audio/formats/index.ts'
import { wavSound } from '../../src/audio/sound.ts'
import { readWav } from '../../src/audio/wav.ts'
import { collect } from '../collect.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const RATE = 22_050
const SECONDS = 2.345
const HERTZ = 440

/** Loud, quiet, loud: so that what is late or missing shows. */
async function* tone(pieces = 50): AsyncGenerator<Int16Array> {
  const length = Math.round(RATE * SECONDS)
  const size = Math.ceil(length / pieces)
  for (let at = 0; at < length; at += size) {
    yield Int16Array.from({ length: Math.min(size, length - at) }, (_, i) => {
      const time = (at + i) / RATE
      const loudness = time > 1 && time < 1.5 ? 0.01 : 0.5
      return Math.round(32_767 * loudness * Math.sin(2 * Math.PI * HERTZ * time))
    })
  }
}

async function file(name: FormatName, options: { sampleRate?: number } = {}): Promise<Buffer> {
  const format = await audioFormat(name)
  await using spool = await encodeFile({ sampleRate: RATE, samples: tone() }, { format, ...options })
  return await buffer(spool.read())
}

async function decoded(t: TestContext, bytes: Uint8Array) {
  const path = join(await temporaryFolder(t), 'sound')
  await writeFile(path, bytes)
  return decodeRecording(path, 60)
}

/** Of the part from `from` to `to` seconds. */
function rms(samples: Float32Array, rate: number, from: number, to: number): number {
  const part = samples.subarray(Math.round(from * rate), Math.round(to * rate))
  return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length)
}

function assertTone({ sampleRate, samples }: { sampleRate: number; samples: Float32Array }): void {
  assert.ok(Math.abs(samples.length / sampleRate - SECONDS) < 0.06, `${samples.length / sampleRate} s`)
  const loud = 0.5 / Math.SQRT2
  assert.ok(Math.abs(rms(samples, sampleRate, 0.1, 0.9) - loud) < 0.02)
  assert.ok(rms(samples, sampleRate, 1.1, 1.4) < 0.02)
  assert.ok(Math.abs(rms(samples, sampleRate, 1.6, 2.2) - loud) < 0.02)
  let crossings = 0
  const middle = samples.subarray(Math.round(0.2 * sampleRate), Math.round(0.8 * sampleRate))
  middle.forEach((value, i) => {
    if (i > 0 && value >= 0 && Number(middle[i - 1]) < 0) crossings += 1
  })
  assert.ok(Math.abs(crossings - 0.6 * HERTZ) <= 2, `${crossings / 0.6} Hz`)
}

describe('audio formats', () => {
  for (const name of ['wav', 'mp3', 'opus', 'flac'] as const) {
    it(`${name}: what is heard is what was written, and the file says its length`, async (t) => {
      assertTone(await decoded(t, await file(name)))
    })

    it(`${name}: can be heard while it is made`, async (t) => {
      const format = await audioFormat(name)
      const live = encodeLive({ sampleRate: RATE, samples: tone() }, { format })
      assertTone(await decoded(t, await buffer(live)))
    })
  }

  it('flac and wav lose nothing', async (t) => {
    const wav = readWav(await file('wav'))
    assert.equal(wav.sampleRate, RATE)
    const { samples } = await decoded(t, await file('flac'))
    assert.equal(samples.length, wav.samples.length)
    // The decoder divides by the largest positive sample instead of full scale: one step at most.
    samples.forEach((sample, i) => {
      assert.ok(Math.abs(sample * 32_768 - Number(wav.samples[i])) <= 1, `sample ${i}`)
    })
  })

  it('aac: ADTS frames of the right number and rate', async () => {
    const bytes = await file('aac', { sampleRate: 24_000 })
    let frames = 0
    for (let at = 0; at < bytes.length; frames++) {
      assert.equal(bytes.readUInt16BE(at) & 0xfff6, 0xfff0, `a frame begins at ${at}`)
      assert.equal((Number(bytes[at + 2]) >> 2) & 0xf, 6, '24 kHz')
      at += ((Number(bytes[at + 3]) & 3) << 11) | (Number(bytes[at + 4]) << 3) | (Number(bytes[at + 5]) >> 5)
    }
    const seconds = (frames * 1024) / 24_000
    assert.ok(seconds >= SECONDS && seconds < SECONDS + 0.2, `${seconds} s`)
  })

  it('pcm: nothing but samples, at the rate asked for', async () => {
    const bytes = await file('pcm', { sampleRate: 24_000 })
    assert.equal(bytes.length, 2 * Math.round(24_000 * SECONDS))
  })

  it('takes the nearest rate that a format has', async (t) => {
    assert.equal((await decoded(t, await file('mp3', { sampleRate: 23_000 }))).sampleRate, 24_000)
    assert.equal((await decoded(t, await file('mp3', { sampleRate: 96_000 }))).sampleRate, 48_000)
  })

  for (const name of FORMAT_NAMES) {
    it(`${name}: takes sound at every rate that it says it has, and at any that an engine may have`, async () => {
      const format = await audioFormat(name)
      const rates = new Set([...format.sampleRates, 8_000, 11_025, 12_000, 20_000, 37_800, 48_000, 96_000])
      for (const sampleRate of rates) {
        const samples = (async function* () {
          yield new Int16Array(sampleRate / 25)
        })()
        await using spool = await encodeFile({ sampleRate, samples }, { format })
        assert.ok(spool.bytes > 0, `${sampleRate} Hz`)
      }
    })
  }

  for (const name of FORMAT_NAMES) {
    it(`${name}: gives the first bytes before the sound is complete, and ends when nobody listens`, async () => {
      const stopped = Promise.withResolvers<void>()
      async function* endless() {
        try {
          for (;;) yield* tone(500)
        } finally {
          stopped.resolve()
        }
      }
      const format = await audioFormat(name)
      const reader = encodeLive({ sampleRate: RATE, samples: endless() }, { format }).getReader()
      let bytes = 0
      while (bytes < 5_000) bytes += (await reader.read()).value?.length ?? 0
      await reader.cancel()
      await stopped.promise
    })
  }

  it('passes on what goes wrong with the sound', async () => {
    async function* broken() {
      yield new Int16Array(1000)
      throw new Error('the engine died')
    }
    const format = await audioFormat('mp3')
    const sound = () => ({ sampleRate: RATE, samples: broken() })
    await assert.rejects(encodeFile(sound(), { format }), /the engine died/)
    await assert.rejects(buffer(encodeLive(sound(), { format })), /the engine died/)
  })

  it('reads a stored wav in pieces', async () => {
    const bytes = await file('wav')
    async function* chunks(size: number) {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    for (const size of [7, 1_000, bytes.length]) {
      const { sampleRate, samples } = await wavSound(chunks(size))
      assert.equal(sampleRate, RATE)
      const pieces = await collect(samples)
      assert.ok(pieces.every((piece) => piece.length <= RATE / 4 + 1))
      assert.deepEqual(Int16Array.from(pieces.flatMap((piece) => [...piece])), readWav(bytes).samples)
    }
  })
})
