import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Resampler } from '../../src/audio/resample.ts'
import { seededRandom } from '../seeded-random.ts'

function tone(hertz: number, rate: number, seconds: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: Math.round(rate * seconds) },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / rate),
  )
}

function resample(samples: Float32Array, from: number, to: number, sizes: () => number): Float32Array {
  const resampler = new Resampler(from, to)
  const pieces: Float32Array[] = []
  for (let at = 0; at < samples.length; ) {
    const size = sizes()
    pieces.push(resampler.push(samples.slice(at, at + size)))
    at += size
  }
  pieces.push(resampler.finish())
  return Float32Array.from(pieces.flatMap((piece) => [...piece]))
}

/** Away from both ends, where the tone begins and stops suddenly. */
function middle(samples: Float32Array): Float32Array {
  return samples.subarray(Math.floor(samples.length * 0.1), Math.floor(samples.length * 0.9))
}

function decibel(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 0) / samples.length)
}

const RATES = [
  [22_050, 24_000],
  [22_050, 48_000],
  [48_000, 24_000],
  [44_100, 24_000],
  [24_000, 8_000],
  [16_000, 44_100],
] as const

describe('Resampler', () => {
  for (const [from, to] of RATES) {
    it(`${from} → ${to} Hz: the same tone, at the same time, as loud`, () => {
      for (const hertz of [200, 1_000, 0.4 * Math.min(from, to)]) {
        const output = resample(tone(hertz, from, 0.5), from, to, () => 1_000)
        assert.equal(output.length, to / 2)
        const expected = tone(hertz, to, 0.5)
        const difference = middle(output).map((value, i) => value - Number(middle(expected)[i]))
        assert.ok(decibel(difference) < -75, `${hertz} Hz: ${decibel(difference)} dB`)
      }
    })
  }

  it('removes what the new rate cannot hold', () => {
    const output = resample(tone(9_000, 48_000, 0.5), 48_000, 16_000, () => 4_800)
    assert.ok(decibel(middle(output)) < -75, `${decibel(middle(output))} dB`)
  })

  it('gives the same whatever the sizes of the pieces', () => {
    const random = seededRandom(3)
    const samples = Float32Array.from({ length: 5_000 }, () => random() - 0.5)
    const whole = resample(samples, 22_050, 24_000, () => samples.length)
    const pieces = resample(samples, 22_050, 24_000, () => 1 + Math.floor(random() * 400))
    assert.deepEqual(pieces, whole)
  })

  it('makes nothing out of nothing', () => {
    assert.equal(resample(new Float32Array(0), 22_050, 24_000, () => 1).length, 0)
    assert.equal(resample(new Float32Array(1), 22_050, 24_000, () => 1).length, 1)
  })
})
