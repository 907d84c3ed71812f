/** Mono sound as 16-bit samples: the few operations that joining sentences needs. */
import { endianness } from 'node:os'

export function silence(samples: number): Int16Array {
  return new Int16Array(samples)
}

/**
 * Lets the sound begin and end at zero, so that nothing clicks where it meets silence. The ramps lie on the first
 * and last samples that are not silent already, within `fadeSamples`; the length stays as it is.
 */
export function fadeEdges(samples: Int16Array, fadeSamples: number): Int16Array {
  const faded = samples.slice()
  const first = faded.findIndex((sample) => sample !== 0)
  if (first === -1) return faded
  const last = faded.findLastIndex((sample) => sample !== 0)
  const length = Math.min(fadeSamples, Math.floor((last - first + 1) / 2))
  for (let i = 0; i < length; i++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / length)
    faded[first + i] = Math.round(Number(faded[first + i]) * gain)
    faded[last - i] = Math.round(Number(faded[last - i]) * gain)
  }
  return faded
}

/** Little-endian, as WAV has it; the bytes may share their memory with the samples. */
export function toBytes(samples: Int16Array): Uint8Array {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap16()
}

export function fromBytes(bytes: Uint8Array): Int16Array {
  const copy = Buffer.from(new Uint8Array(bytes).buffer)
  if (endianness() === 'BE') copy.swap16()
  return new Int16Array(copy.buffer, copy.byteOffset, Math.floor(copy.byteLength / 2))
}

export interface Measurement {
  readonly durationMs: number
  /** Of full scale, 0 to 1. */
  readonly peak: number
  /** Of full scale, 0 to 1. */
  readonly rms: number
  /** The largest step from one sample to the next, of full scale; a click shows here. */
  readonly steepest: number
}

export function measure(samples: Int16Array, sampleRate: number): Measurement {
  let peak = 0
  let squares = 0
  let steepest = 0
  let before = 0
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample))
    squares += sample * sample
    steepest = Math.max(steepest, Math.abs(sample - before))
    before = sample
  }
  return {
    durationMs: (samples.length * 1000) / sampleRate,
    peak: peak / 32_768,
    rms: samples.length === 0 ? 0 : Math.sqrt(squares / samples.length) / 32_768,
    steepest: steepest / 32_768,
  }
}
