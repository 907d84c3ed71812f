import { OVERSAMPLING, OVERSAMPLING_CROSSINGS } from './loudness.ts'
import { interpolation } from './resample.ts'

/** How long before a peak the limiter begins to give way, and how long after it comes back. */
const LOOK_AHEAD_SECONDS = 0.005
/** Between two of the four, the curve can still be a little higher. */
const MARGIN = 10 ** (-0.1 / 20)

const TAPS = 2 * OVERSAMPLING_CROSSINGS
const CURVE = interpolation(OVERSAMPLING, TAPS)
/** How much higher than the highest of its samples the curve between them can be at most. */
const OVERSHOOT = Math.max(
  ...Array.from({ length: OVERSAMPLING }, (_, phase) =>
    CURVE.subarray(phase * TAPS, (phase + 1) * TAPS).reduce((sum, tap) => sum + Math.abs(tap), 0),
  ),
)

/**
 * Turned down around each peak, smoothly, so that none is above the ceiling. What is quiet enough is left as it is and
 * costs next to nothing: in speech that is almost all of it.
 */
export function limited(samples: Float32Array, sampleRate: number, ceilingDbtp: number): Float32Array {
  const window = Math.max(1, Math.round(LOOK_AHEAD_SECONDS * sampleRate))
  const needed = neededGain(samples, 10 ** (ceilingDbtp / 20) * MARGIN)
  const result = samples.slice()
  // Gain is less than one up to two windows away, and is the mean of what is one window further.
  for (const [start, end] of stretches(needed, 3 * window)) {
    // The mean over a window of what is the least over the same window is never above what any sample needs.
    const gain = smoothed(lowest(needed.subarray(start, end), window), window)
    for (let i = start; i < end; i++) result[i] = Number(samples[i]) * Number(gain[i - start])
  }
  return result
}

/** So that the curve from the sample before to the sample behind each sample is not above the ceiling. */
function neededGain(samples: Float32Array, ceiling: number): Float32Array {
  const needed = new Float32Array(samples.length).fill(1)
  const heed = (index: number, height: number) => {
    if (height * Number(needed[index]) > ceiling) needed[index] = ceiling / height
  }
  const quiet = ceiling / OVERSHOOT
  let loudUntil = 0
  for (let at = -OVERSAMPLING_CROSSINGS; at < samples.length; at++) {
    if (Math.abs(Number(samples[at + OVERSAMPLING_CROSSINGS])) > quiet) loudUntil = at + TAPS
    if (at < 0 || at >= loudUntil) continue
    heed(at, height(samples, at, 0))
    for (let phase = 1; phase < OVERSAMPLING; phase++) {
      const between = height(samples, at, phase)
      heed(at, between)
      heed(at + 1, between)
    }
  }
  return needed
}

/** Of the curve, so many parts of the way from this sample to the next. Before and behind them is silence. */
function height(samples: Float32Array, at: number, phase: number): number {
  const first = at - TAPS / 2 + 1
  let sum = 0
  for (let tap = 0; tap < TAPS; tap++) {
    const index = first + tap
    if (index >= 0 && index < samples.length)
      sum += Number(CURVE[phase * TAPS + tap]) * Number(samples[index])
  }
  return Math.abs(sum)
}

/** Where something must be turned down, with so much to each side of it, from `start` to `end`. */
function* stretches(needed: Float32Array, margin: number): Generator<[start: number, end: number]> {
  let [start, end] = [0, 0]
  for (let at = 0; at < needed.length; at++) {
    if (needed[at] === 1) continue
    if (at - margin > end) {
      if (end > 0) yield [start, end]
      start = at - margin
    }
    end = Math.min(needed.length, at + margin + 1)
  }
  if (end > 0) yield [start, end]
}

/** Of the `window` values to each side. */
function lowest(values: Float32Array, window: number): Float32Array {
  const result = new Float32Array(values.length)
  // Indices whose values rise: the first is the lowest in the window, as each of the others may be later.
  const rising = new Int32Array(values.length)
  let [first, end] = [0, 0]
  for (let at = 0; at < values.length + window; at++) {
    if (at < values.length) {
      while (end > first && Number(values[Number(rising[end - 1])]) >= Number(values[at])) end -= 1
      rising[end] = at
      end += 1
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
