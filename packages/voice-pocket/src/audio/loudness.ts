/**
 * How loud sound is to a listener: ITU-R BS.1770-5 (https://www.itu.int/rec/R-REC-BS.1770), as EBU R 128 uses it
 * (https://tech.ebu.ch/docs/r/r128.pdf).
 */
import { Resampler } from './resample.ts'

/** Blocks of 400 ms that overlap by three quarters. */
const STEP_SECONDS = 0.1
const STEPS_PER_BLOCK = 4
/** What is worked on at a time needs some memory of its own. */
const CHUNK_SAMPLES = 4096
const ABSOLUTE_GATE_LUFS = -70
const RELATIVE_GATE_LU = -10
/** Of a full-scale sine at 997 Hz in one channel, which is then -3.01 LUFS. */
const OFFSET = -0.691

/** Four times as many samples, as the standard has it, are close enough to the curve between two of them. */
export const OVERSAMPLING = 4
/** The standard's own filter is as long. */
export const OVERSAMPLING_CROSSINGS = 6

/**
 * Measures a whole programme that arrives in pieces. Memory grows by 80 bytes a second.
 * Several channels are left, right and centre, which all count the same.
 */
export class LoudnessMeter {
  readonly #filters: KWeighting[]
  readonly #stepSamples: number
  /** Mean square of each step, all channels added. */
  readonly #steps: number[] = []
  /** Of the step that is not complete yet. */
  #sum = 0
  #samples = 0

  constructor(sampleRate: number, channels = 1) {
    this.#filters = Array.from({ length: channels }, () => new KWeighting(sampleRate))
    this.#stepSamples = Math.round(sampleRate * STEP_SECONDS)
  }

  /** One array of the same length for each channel; 1 is full scale. */
  add(...channels: readonly Float32Array[]): void {
    const length = channels[0]?.length ?? 0
    for (let start = 0; start < length; start += CHUNK_SAMPLES) {
      const energy = new Float64Array(Math.min(CHUNK_SAMPLES, length - start))
      for (const [index, samples] of channels.entries()) {
        this.#filters[index]?.addEnergy(samples.subarray(start, start + energy.length), energy)
      }
      this.#addEnergy(energy)
    }
  }

  /** In LUFS; -Infinity for silence. What is shorter than a block is measured without gates. */
  integrated(): number {
    const blocks = this.#blocks()
    if (blocks.length === 0) return toLufs(this.#meanOfAll())
    const audible = blocks.filter((block) => toLufs(block) > ABSOLUTE_GATE_LUFS)
    const gate = toLufs(mean(audible)) + RELATIVE_GATE_LU
    return toLufs(mean(audible.filter((block) => toLufs(block) > gate)))
  }

  #addEnergy(energy: Float64Array): void {
    for (let i = 0; i < energy.length; i++) {
      this.#sum += Number(energy[i])
      this.#samples += 1
      if (this.#samples < this.#stepSamples) continue
      this.#steps.push(this.#sum / this.#samples)
      this.#sum = 0
      this.#samples = 0
    }
  }

  #meanOfAll(): number {
    const total = this.#steps.length * this.#stepSamples + this.#samples
    const sum = this.#steps.reduce((all, step) => all + step * this.#stepSamples, this.#sum)
    return total === 0 ? 0 : sum / total
  }

  #blocks(): number[] {
    const count = Math.max(0, this.#steps.length - STEPS_PER_BLOCK + 1)
    return Array.from({ length: count }, (_, at) => mean(this.#steps.slice(at, at + STEPS_PER_BLOCK)))
  }
}

function toLufs(meanSquare: number): number {
  return OFFSET + 10 * Math.log10(meanSquare)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The highest point of the curve through the samples of one channel, which may lie between two of them. */
export class TruePeak {
  readonly #resampler: Resampler
  #highest = 0

  constructor(sampleRate: number) {
    this.#resampler = new Resampler(sampleRate, OVERSAMPLING * sampleRate, OVERSAMPLING_CROSSINGS)
  }

  add(samples: Float32Array): void {
    this.#look(this.#resampler.push(samples))
  }

  /** In dBTP. Afterwards nothing can be added. */
  finish(): number {
    this.#look(this.#resampler.finish())
    return 20 * Math.log10(this.#highest)
  }

  #look(samples: Float32Array): void {
    for (const sample of samples) this.#highest = Math.max(this.#highest, Math.abs(sample))
  }
}

/** What the head and the ear do to sound before it is loud: two filters, one after the other. */
class KWeighting {
  readonly #shelf: Biquad
  readonly #highPass: Biquad

  constructor(sampleRate: number) {
    this.#shelf = highShelf(sampleRate)
    this.#highPass = highPass(sampleRate)
  }

  addEnergy(samples: Float32Array, energy: Float64Array): void {
    const weighted = Float64Array.from(samples)
    this.#shelf.filter(weighted)
    this.#highPass.filter(weighted)
    for (let i = 0; i < weighted.length; i++) energy[i] = Number(energy[i]) + Number(weighted[i]) ** 2
  }
}

/**
 * The standard gives the coefficients at 48 kHz; these frequencies, gains and qualities give the same ones there, and
 * the right ones at every other rate.
 */
function highShelf(sampleRate: number): Biquad {
  const [frequency, gain, quality] = [1681.974450955533, 3.999843853973347, 0.7071752369554196]
  const k = Math.tan((Math.PI * frequency) / sampleRate)
  const high = 10 ** (gain / 20)
  const band = high ** 0.4996667741545416
  return new Biquad(
    [high + (band * k) / quality + k * k, 2 * (k * k - high), high - (band * k) / quality + k * k],
    denominator(k, quality),
  )
}

function highPass(sampleRate: number): Biquad {
  const [frequency, quality] = [38.13547087602444, 0.5003270373238773]
  const k = Math.tan((Math.PI * frequency) / sampleRate)
  const bottom = denominator(k, quality)
  return new Biquad([bottom[0], -2 * bottom[0], bottom[0]], bottom)
}

function denominator(k: number, quality: number): [number, number, number] {
  return [1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k]
}

class Biquad {
  readonly #b0: number
  readonly #b1: number
  readonly #b2: number
  readonly #a1: number
  readonly #a2: number
  #first = 0
  #second = 0

  constructor(b: readonly [number, number, number], a: readonly [number, number, number]) {
    this.#b0 = b[0] / a[0]
    this.#b1 = b[1] / a[0]
    this.#b2 = b[2] / a[0]
    this.#a1 = a[1] / a[0]
    this.#a2 = a[2] / a[0]
  }

  /** In place, from where it was left. */
  filter(samples: Float64Array): void {
    const [b0, b1, b2, a1, a2] = [this.#b0, this.#b1, this.#b2, this.#a1, this.#a2]
    let [first, second] = [this.#first, this.#second]
    for (let i = 0; i < samples.length; i++) {
      const input = Number(samples[i])
      const output = b0 * input + first
      first = b1 * input - a1 * output + second
      second = b2 * input - a2 * output
      samples[i] = output
    }
    this.#first = first
    this.#second = second
  }
}
