import { LoudnessMeter, OVERSAMPLING, OVERSAMPLING_CROSSINGS } from './loudness.ts'
import { Resampler } from './resample.ts'

/** For speech in one channel: as loud as what else is heard on a telephone or in a browser (AES TD1008). */
export const TARGET_LUFS = -16
/** Room for what a lossy encoder adds. */
export const CEILING_DBTP = -1

/** Nothing is raised by more: what is that quiet was meant to be, or is only noise. */
const MAX_GAIN_DB = 30
/** How long before a peak the limiter begins to give way, and how long after it comes back. */
const LOOK_AHEAD_SECONDS = 0.005
/** Between two of the four, the curve can still be a little higher. */
const MARGIN = 10 ** (-0.1 / 20)

/**
 * The same sound at a loudness of TARGET_LUFS, with no peak above CEILING_DBTP. Silence stays silence.
 * In one go: a part of a text, not an hour.
 */
export function level(samples: Float32Array, sampleRate: number): Float32Array {
  const meter = new LoudnessMeter(sampleRate)
  meter.add(samples)
  const loudness = meter.integrated()
  if (!Number.isFinite(loudness)) return samples
  const gain = 10 ** (Math.min(TARGET_LUFS - loudness, MAX_GAIN_DB) / 20)
  return limited(
    samples.map((sample) => sample * gain),
    sampleRate,
  )
}

/** Turned down around each peak, smoothly, so that none is above the ceiling. */
function limited(samples: Float32Array, sampleRate: number): Float32Array {
  const ceiling = 10 ** (CEILING_DBTP / 20) * MARGIN
  const peaks = peakAround(samples, sampleRate)
  if (peaks.every((peak) => peak <= ceiling)) return samples
  const window = Math.max(1, Math.round(LOOK_AHEAD_SECONDS * sampleRate))
  const needed = peaks.map((peak) => Math.min(1, ceiling / peak))
  // The mean over a window of what is the least over the same window is never above what any sample needs.
  const gain = smoothed(lowest(needed, window), window)
  return samples.map((sample, i) => sample * Number(gain[i]))
}

/** The highest point of the curve from the sample before to the sample behind each sample. */
function peakAround(samples: Float32Array, sampleRate: number): Float32Array {
  const resampler = new Resampler(sampleRate, OVERSAMPLING * sampleRate, OVERSAMPLING_CROSSINGS)
  const fine = [resampler.push(samples), resampler.finish()]
  const peaks = new Float32Array(samples.length)
  let at = 0
  for (const piece of fine) {
    for (const value of piece) {
      const before = Math.floor(at / OVERSAMPLING)
      for (const index of at % OVERSAMPLING === 0 ? [before] : [before, before + 1]) {
        if (index < peaks.length) peaks[index] = Math.max(Number(peaks[index]), Math.abs(value))
      }
      at += 1
    }
  }
  return peaks
}

/** Of the `window` values to each side. */
function lowest(values: Float32Array, window: number): Float32Array {
  const result = new Float32Array(values.length)
  // Indices whose values rise: the first is the lowest in the window, as each of the others may be later.
  const rising: number[] = []
  let first = 0
  for (let at = 0; at < values.length + window; at++) {
    if (at < values.length) {
      while (rising.length > first && Number(values[Number(rising.at(-1))]) >= Number(values[at]))
        rising.pop()
      rising.push(at)
    }
    if (Number(rising[first]) < at - 2 * window) first += 1
    if (at >= window) result[at - window] = Number(values[Number(rising[first])])
  }
  return result
}

/** The mean of the `window` values to each side; at both ends, of those there are. */
function smoothed(values: Float32Array, window: number): Float32Array {
  const result = new Float32Array(values.length)
  let [sum, count] = [0, 0]
  for (let at = 0; at < values.length + window; at++) {
    if (at < values.length) {
      sum += Number(values[at])
      count += 1
    }
    if (at > 2 * window) {
      sum -= Number(values[at - 2 * window - 1])
      count -= 1
    }
    if (at >= window) result[at - window] = sum / count
  }
  return result
}
