/** Sound as others answer it, made what an engine gives: mono, 16 bits, at one rate. */
import { BufferSource } from 'mediabunny'
import { decodeSound } from '../audio/decode.ts'
import { Resampler } from '../audio/resample.ts'
import { toFloat32, toInt16 } from '../audio/sound.ts'
import { readWav, readWavHead } from '../audio/wav.ts'
import { RecordingError, SynthesisError, WavError } from '../exceptions.ts'

/** No sentence is longer. */
const MAX_SECONDS = 600
/** From here on, sizes are those of writers that did not know how much would come. */
const UNKNOWN_SIZE = 0x7fff_0000

/**
 * A whole file in one of the formats that recordings may have; a WAV that ends early is refused, as its end would not
 * be heard. @throws SynthesisError
 */
export async function readAnswer(file: Uint8Array, sampleRate: number): Promise<Int16Array> {
  try {
    const plain = isPlainWav(file)
    const sound = plain ? readWav(file) : await decodeSound(new BufferSource(file), MAX_SECONDS)
    const samples = sound.samples instanceof Int16Array ? toFloat32(sound.samples) : sound.samples
    return atRate(samples, sound.sampleRate, sampleRate)
  } catch (cause) {
    if (!(cause instanceof WavError || cause instanceof RecordingError)) throw cause
    throw new SynthesisError(`It answered ${file.length} bytes that are no sound: ${cause.message}`, {
      cause,
    })
  }
}

/** Samples without a file around them. */
export function atRate(samples: Float32Array, from: number, to: number): Int16Array {
  if (from === to) return toInt16(samples)
  const resampler = new Resampler(from, to)
  const [beginning, end] = [resampler.push(samples), resampler.finish()]
  const whole = new Float32Array(beginning.length + end.length)
  whole.set(beginning)
  whole.set(end, beginning.length)
  return toInt16(whole)
}

/** Of the kind that our own reader takes; other WAV files, and other formats, are for the decoder. */
function isPlainWav(file: Uint8Array): boolean {
  if (Buffer.from(file.subarray(0, 4)).toString('latin1') !== 'RIFF') return false
  try {
    const head = readWavHead(file)
    if (head === undefined) return true // and the reader says why not
    const missing = head.dataOffset + head.dataBytes - file.length
    if (missing <= 0 || head.dataBytes >= UNKNOWN_SIZE) return true
    throw new SynthesisError(`It answered a WAV file whose last ${missing} bytes are missing.`)
  } catch (error) {
    if (error instanceof WavError) return false
    throw error
  }
}
