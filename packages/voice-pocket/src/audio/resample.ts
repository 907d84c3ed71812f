/**
 * Zero crossings of the filter to each side: with so many, and the window below, what must go is 90 dB quieter than
 * what stays. Fewer are faster.
 */
const CROSSINGS = 24
/** Kaiser's beta: a wider transition for less ripple. */
const BETA = 9
/** Of the lower of both Nyquist frequencies; the transition band lies above it. */
const PASS_BAND = 0.92

/**
 * Changes the sample rate of a sound that arrives in pieces, of any sizes, by a windowed sinc: what the new rate cannot
 * hold is removed before it could come back as another tone (aliasing), and the sound keeps its place in time.
 * The output has `round(samples * to / from)` samples.
 * Method: J. O. Smith, "Digital Audio Resampling", https://ccrma.stanford.edu/~jos/resample/
 */
export class Resampler {
  /** `to / from` in lowest terms. */
  readonly #up: number
  readonly #down: number
  readonly #taps: number
  /** One row of taps for each place that an output sample can have between two input samples. */
  readonly #filter: Float32Array
  /** Input that is still needed; `#first` is the index of its first sample in the whole sound. */
  #input: Float32Array
  #first: number
  #taken = 0
  #given = 0

  constructor(from: number, to: number, crossings = CROSSINGS) {
    const divisor = greatestCommonDivisor(from, to)
    this.#up = to / divisor
    this.#down = from / divisor
    const scale = Math.min(1, to / from)
    this.#taps = 2 * Math.ceil(crossings / scale)
    this.#filter = interpolation(this.#up, this.#taps, scale * PASS_BAND)
    // Before its beginning, and behind its end, a sound is silent.
    this.#first = -this.#taps
    this.#input = new Float32Array(this.#taps)
  }

  /** What can be said of the output so far. */
  push(samples: Float32Array): Float32Array {
    this.#append(samples)
    this.#taken += samples.length
    return this.#produce(this.#first + this.#input.length - this.#taps / 2)
  }

  /** The rest. Afterwards nothing can be pushed. */
  finish(): Float32Array {
    const total = Math.round((this.#taken * this.#up) / this.#down)
    this.#append(new Float32Array(this.#taps))
    return this.#produce(Number.POSITIVE_INFINITY, total)
  }

  #append(samples: Float32Array): void {
    const joined = new Float32Array(this.#input.length + samples.length)
    joined.set(this.#input)
    joined.set(samples, this.#input.length)
    this.#input = joined
  }

  /** Output whose place lies before the input sample `end`, or up to `total` samples. */
  #produce(end: number, total = Number.POSITIVE_INFINITY): Float32Array {
    const count = Math.max(0, Math.min(Math.ceil((end * this.#up) / this.#down), total) - this.#given)
    const output = new Float32Array(count)
    for (let i = 0; i < count; i++) output[i] = this.#sample(this.#given + i)
    this.#given += count
    this.#drop(Math.floor((this.#given * this.#down) / this.#up) - this.#taps)
    return output
  }

  #sample(index: number): number {
    const place = index * this.#down
    const whole = Math.floor(place / this.#up)
    const [filter, input, taps] = [this.#filter, this.#input, this.#taps]
    const row = (place % this.#up) * taps
    const start = whole - taps / 2 + 1 - this.#first
    let sum = 0
    for (let tap = 0; tap < taps; tap++) sum += Number(filter[row + tap]) * Number(input[start + tap])
    return sum
  }

  #drop(before: number): void {
    const count = before - this.#first
    if (count <= 0) return
    this.#input = this.#input.slice(count)
    this.#first += count
  }
}

/**
 * Rows of taps: row `phase` gives the curve at so many parts of the way from the sample before the middle of the taps
 * to the next. Every row adds up to one, so that no place between two samples is louder than another.
 */
export function interpolation(phases: number, taps: number, cutoff: number = PASS_BAND): Float32Array {
  const rows = new Float32Array(phases * taps)
  const half = taps / 2
  for (let phase = 0; phase < phases; phase++) {
    const row = rows.subarray(phase * taps, (phase + 1) * taps)
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - half + 1 - phase / phases
      row[tap] = sinc(cutoff * distance) * kaiser(distance / half)
    }
    const sum = row.reduce((total, value) => total + value, 0)
    for (let tap = 0; tap < taps; tap++) row[tap] = Number(row[tap]) / sum
  }
  return rows
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

function kaiser(x: number): number {
  return x * x >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA)
}

/** The modified Bessel function of the first kind and order zero, by its power series. */
function bessel(x: number): number {
  let [sum, term] = [1, 1]
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
