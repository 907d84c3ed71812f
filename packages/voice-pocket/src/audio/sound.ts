/** Mono sound that arrives piece by piece, from wherever. */
import { WavError } from '../exceptions.ts'
import { fromBytes } from './pcm.ts'
import { Resampler } from './resample.ts'
import { NO_SOUND, readWavHead } from './wav.ts'

export interface Sound {
  /** In Hz. */
  readonly sampleRate: number
  readonly samples: AsyncIterable<Int16Array>
}

/** One piece is at most this long, so that whoever works on it gives way to others in between. */
const PIECE_SECONDS = 0.25
/** Chunks before the sound that a WAV file may reasonably have. */
const MAX_HEAD_BYTES = 1024 * 1024

/**
 * Of a WAV file as this service stores it, without ever having the whole of it in memory. Reads up to the beginning of
 * the sound before it resolves. @throws WavError
 */
export async function wavSound(file: AsyncIterable<Uint8Array>): Promise<Sound> {
  const chunks = file[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  for (;;) {
    const { done, value } = await chunks.next()
    if (!done) head = Buffer.concat([head, value])
    const found = readWavHead(head)
    if (found !== undefined) {
      const { sampleRate, dataOffset, dataBytes } = found
      const bytes = limited(rest(head.subarray(dataOffset), chunks), dataBytes)
      return { sampleRate, samples: pcmPieces(bytes, sampleRate) }
    }
    if (done || head.length > MAX_HEAD_BYTES) {
      throw new WavError(NO_SOUND)
    }
  }
}

/** The same sound at another rate. */
export function resampled({ sampleRate: from, samples }: Sound, to: number): Sound {
  return { sampleRate: to, samples: from === to ? samples : convert(samples, new Resampler(from, to)) }
}

async function* convert(
  samples: AsyncIterable<Int16Array>,
  resampler: Resampler,
): AsyncGenerator<Int16Array> {
  for await (const piece of samples) yield toInt16(resampler.push(toFloat32(piece)))
  yield toInt16(resampler.finish())
}

export function toFloat32(samples: Int16Array): Float32Array {
  // TypedArray.from with a function first makes an ordinary array of everything: many times slower, and larger.
  const floats = new Float32Array(samples.length)
  for (let i = 0; i < samples.length; i++) floats[i] = Number(samples[i]) / 32_768
  return floats
}

/** What is louder than full scale is cut off at it. */
export function toInt16(samples: Float32Array): Int16Array {
  const whole = new Int16Array(samples.length)
  for (let i = 0; i < samples.length; i++) {
    whole[i] = Math.max(-32_768, Math.min(32_767, Math.round(Number(samples[i]) * 32_768)))
  }
  return whole
}

async function* rest(first: Uint8Array, others: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let next = await others.next(); !next.done; next = await others.next()) yield next.value
  } finally {
    await others.return?.()
  }
}

async function* limited(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left)
    left -= Math.min(left, chunk.length)
    if (left === 0) return
  }
}

/** The bytes of samples, as they are in a WAV file, in pieces of a quarter of a second at most. */
export async function* pcmPieces(
  chunks: AsyncIterable<Uint8Array>,
  sampleRate: number,
): AsyncGenerator<Int16Array> {
  const size = 2 * Math.ceil(sampleRate * PIECE_SECONDS)
  let odd = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([odd, chunk])
    const even = bytes.length - (bytes.length % 2)
    for (let at = 0; at < even; at += size) yield fromBytes(bytes.subarray(at, Math.min(at + size, even)))
    odd = bytes.subarray(even)
  }
}
