/** Recordings such as people send: somebody speaks, in the formats that browsers and telephones write. */
import { createEngine } from '@voice-pocket/espeak'
import {
  AudioSample,
  AudioSampleSource,
  BufferTarget,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  WebMOutputFormat,
} from 'mediabunny'
import { encodeFile } from '../../src/audio/encode.ts'
import { audioFormat, type FormatName } from '../../src/audio/formats/index.ts'
import { toBytes } from '../../src/audio/pcm.ts'
import { Resampler } from '../../src/audio/resample.ts'
import { toFloat32, toInt16 } from '../../src/audio/sound.ts'
import { wavHeader } from '../../src/audio/wav.ts'
import { collect } from '../collect.ts'

const SENTENCES = [
  'The north wind and the sun were arguing one day about which of them was stronger.',
  'Then a traveller came along, wrapped in a warm coat.',
]
/** What browsers record with. */
const RATE = 48_000
const PAUSE = new Float32Array(RATE / 4)

export interface Speaker {
  readonly name?: string
  readonly pitch?: number
  readonly range?: number
  readonly rate?: number
}

const engine = await createEngine()

/** At 48 kHz, 1 is full scale. */
export async function spoken(speaker: Speaker = {}, sentences = SENTENCES): Promise<Float32Array> {
  const voice = { language: 'en', name: '', rate: 1, pitch: 1, range: 1, volume: 1, ...speaker }
  const pieces: Float32Array[] = [PAUSE]
  for (const sentence of sentences) {
    const { samples } = await engine.synthesize(sentence, voice)
    const resampler = new Resampler(engine.sampleRate, RATE)
    pieces.push(resampler.push(toFloat32(samples)), resampler.finish(), PAUSE)
  }
  return joined(pieces)
}

export function wavOf(samples: Float32Array, sampleRate = RATE): Buffer {
  const bytes = toBytes(toInt16(samples))
  return Buffer.concat([wavHeader(sampleRate, bytes.length), bytes])
}

export async function encoded(samples: Float32Array, format: FormatName): Promise<Buffer> {
  await using spool = await encodeFile(soundOf(samples), { format: await audioFormat(format) })
  return Buffer.concat(await collect(spool.read()))
}

/** As a browser's MediaRecorder writes it: WebM with Opus, in clusters of a second, whose length nobody knows. */
export async function browserRecording(samples: Float32Array): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const target = new StreamTarget(new WritableStream({ write: ({ data }) => void chunks.push(data.slice()) }))
  await recorded(samples, 'opus', new Output({ format: new WebMOutputFormat({ appendOnly: true }), target }))
  return Buffer.concat(chunks)
}

/** As Safari's MediaRecorder writes it, in fragments, or as a telephone does, with the index at the end: AAC in MP4. */
export async function m4aRecording(samples: Float32Array, fastStart: 'fragmented' | false): Promise<Buffer> {
  const target = new BufferTarget()
  await recorded(samples, 'aac', new Output({ format: new Mp4OutputFormat({ fastStart }), target }))
  return Buffer.from(target.buffer as ArrayBuffer)
}

async function recorded(samples: Float32Array, codec: 'opus' | 'aac', output: Output): Promise<void> {
  await audioFormat(codec) // which makes the encoder known
  const source = new AudioSampleSource({ codec, bitrate: 64_000 })
  output.addAudioTrack(source)
  await output.start()
  using sample = new AudioSample({
    data: toInt16(samples),
    format: 's16',
    numberOfChannels: 1,
    sampleRate: RATE,
    timestamp: 0,
  })
  await source.add(sample)
  await output.finalize()
}

/** White, of this loudness in dB of full scale; always the same. */
export function noise(length: number, db: number): Float32Array {
  const peak = 10 ** (db / 20) * Math.sqrt(3)
  let seed = 1
  return Float32Array.from({ length }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return (seed / 2 ** 31 - 1) * peak
  })
}

export function mixed(one: Float32Array, other: Float32Array): Float32Array {
  return one.map((sample, index) => sample + (other[index] ?? 0))
}

export function amplified(samples: Float32Array, gainDb: number): Float32Array {
  return samples.map((sample) => Math.max(-1, Math.min(1, sample * 10 ** (gainDb / 20))))
}

export function repeated(samples: Float32Array, seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * RATE }, (_, index) => samples[index % samples.length] ?? 0)
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  return Float32Array.from(pieces.flatMap((piece) => Array.from(piece)))
}

function soundOf(samples: Float32Array) {
  return {
    sampleRate: RATE,
    samples: (async function* () {
      yield toInt16(samples)
    })(),
  }
}
