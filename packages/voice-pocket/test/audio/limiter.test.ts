import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limited } from '../../src/audio/limiter.ts'
import { TruePeak } from '../../src/audio/loudness.ts'
import { seededRandom } from '../seeded-random.ts'

const RATE = 22_050
/** The limiter is at work from two windows of 5 ms before a peak to two behind it. */
const REACH = Math.ceil(0.02 * RATE)

/** A second of quiet noise, with these values at these places. */
function noise(peaks: Readonly<Record<number, number>>): Float32Array {
  const random = seededRandom(3)
  const samples = Float32Array.from({ length: RATE }, () => 0.1 * (random() - 0.5))
  for (const [at, value] of Object.entries(peaks)) samples[Number(at)] = value
  return samples
}

function truePeak(samples: Float32Array): number {
  const meter = new TruePeak(RATE)
  meter.add(samples)
  return meter.finish()
}

describe('limited', () => {
  for (const peaks of [[10_000], [0], [RATE - 1], [500, 600, 5_000, 20_000]]) {
    it(`holds peaks at ${peaks.join(', ')} below the ceiling, and leaves the rest as it is`, () => {
      const loud = noise(Object.fromEntries(peaks.map((at) => [at, 2])))
      const samples = limited(loud, RATE, -1)
      assert.ok(truePeak(samples) <= -1, `${truePeak(samples)} dBTP`)
      for (const [at, sample] of samples.entries()) {
        if (peaks.every((peak) => Math.abs(at - peak) > REACH)) assert.equal(sample, loud[at])
      }
    })
  }

  it('gives way before a peak, not at it: no step is larger than the sound has itself', () => {
    const tone = Float32Array.from({ length: RATE }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 200 * i) / RATE))
    const loud = tone.map((sample, i) => (i > 10_000 && i < 12_000 ? 2.5 * sample : sample))
    const gains = limited(loud, RATE, -1).map((sample, i) => (loud[i] === 0 ? 1 : sample / Number(loud[i])))
    const steps = gains.map((gain, i) => (i === 0 ? 0 : Math.abs(gain - Number(gains[i - 1]))))
    assert.ok(Math.min(...gains) < 0.8)
    assert.ok(Math.max(...steps) < 0.02, `${Math.max(...steps)}`)
  })

  it('sees what is only between samples', () => {
    // A quarter of the rate, in between its own peaks: every sample is 3 dB below the curve.
    const between = Float32Array.from({ length: RATE }, (_, i) => Math.sin((Math.PI / 2) * i + Math.PI / 4))
    assert.ok(between.every((sample) => Math.abs(sample) < 0.71))
    assert.ok(truePeak(limited(between, RATE, -1)) <= -1)
  })
})
