import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CEILING_DBTP, level, TARGET_LUFS } from '../../src/audio/levelling.ts'
import { LoudnessMeter, TruePeak } from '../../src/audio/loudness.ts'
import { seededRandom } from '../seeded-random.ts'

interface Passage {
  readonly dbfs: number
  readonly seconds: number
}

function tone(rate: number, hertz: number, passages: readonly Passage[], phase = 0): Float32Array {
  const samples: number[] = []
  for (const { dbfs, seconds } of passages) {
    const amplitude = 10 ** (dbfs / 20)
    for (let i = 0; i < Math.round(rate * seconds); i++) {
      samples.push(amplitude * Math.sin((2 * Math.PI * hertz * samples.length) / rate + phase))
    }
  }
  return Float32Array.from(samples)
}

function measured(rate: number, ...channels: Float32Array[]) {
  const meter = new LoudnessMeter(rate, channels.length)
  const size = 4_801
  for (let at = 0; at < Number(channels[0]?.length); at += size) {
    meter.add(...channels.map((samples) => samples.subarray(at, at + size)))
  }
  return meter.integrated()
}

function truePeak(rate: number, samples: Float32Array): number {
  const meter = new TruePeak(rate)
  meter.add(samples)
  return meter.finish()
}

const stereo = (rate: number, passages: readonly Passage[]) => {
  const samples = tone(rate, 1_000, passages)
  return measured(rate, samples, samples)
}

/** EBU Tech 3341, table 1, "minimum requirements test signals": https://tech.ebu.ch/docs/tech/tech3341.pdf */
const SIGNALS: readonly { signal: number; passages: readonly Passage[]; expected: number }[] = [
  { signal: 1, passages: [{ dbfs: -23, seconds: 20 }], expected: -23 },
  { signal: 2, passages: [{ dbfs: -33, seconds: 20 }], expected: -33 },
  {
    signal: 3,
    passages: [
      { dbfs: -36, seconds: 10 },
      { dbfs: -23, seconds: 60 },
      { dbfs: -36, seconds: 10 },
    ],
    expected: -23,
  },
  {
    signal: 4,
    passages: [
      { dbfs: -72, seconds: 10 },
      { dbfs: -36, seconds: 10 },
      { dbfs: -23, seconds: 60 },
      { dbfs: -36, seconds: 10 },
      { dbfs: -72, seconds: 10 },
    ],
    expected: -23,
  },
  {
    signal: 5,
    passages: [
      { dbfs: -26, seconds: 20 },
      { dbfs: -20, seconds: 20.1 },
      { dbfs: -26, seconds: 20 },
    ],
    expected: -23,
  },
]

/** The same, "true-peak" signals 15 to 19: a quarter of the sample rate, and a sixth. */
const PEAKS = [
  { signal: 15, divisor: 4, degrees: 0, dbfs: -6, expected: -6 },
  { signal: 16, divisor: 4, degrees: 45, dbfs: -6, expected: -6 },
  { signal: 17, divisor: 6, degrees: 60, dbfs: -6, expected: -6 },
  { signal: 18, divisor: 8, degrees: 67.5, dbfs: -6, expected: -6 },
  { signal: 19, divisor: 4, degrees: 45, dbfs: 3, expected: 3 },
] as const

describe('LoudnessMeter', () => {
  for (const { signal, passages, expected } of SIGNALS) {
    it(`EBU Tech 3341, signal ${signal}: ${expected} LUFS within 0.1`, () => {
      const loudness = stereo(48_000, passages)
      assert.ok(Math.abs(loudness - expected) <= 0.1, `${loudness} LUFS`)
    })
  }

  for (const rate of [16_000, 22_050, 24_000, 44_100]) {
    it(`measures the same at ${rate} Hz`, () => {
      const loudness = stereo(rate, [{ dbfs: -23, seconds: 5 }])
      assert.ok(Math.abs(loudness + 23) <= 0.1, `${loudness} LUFS`)
    })
  }

  for (const { signal, divisor, degrees, dbfs, expected } of PEAKS) {
    it(`EBU Tech 3341, signal ${signal}: ${expected} dBTP, +0.2 to -0.4`, () => {
      const samples = tone(48_000, 48_000 / divisor, [{ dbfs, seconds: 1 }], (degrees * Math.PI) / 180)
      // A tone that begins suddenly has peaks of its own.
      for (let i = 0; i < 2_400; i++) {
        samples[i] = (Number(samples[i]) * i) / 2_400
        samples[samples.length - 1 - i] = (Number(samples[samples.length - 1 - i]) * i) / 2_400
      }
      const peak = truePeak(48_000, samples)
      assert.ok(peak <= expected + 0.2 && peak >= expected - 0.4, `${peak} dBTP`)
    })
  }

  it('takes one channel for what it is', () => {
    const loudness = measured(48_000, tone(48_000, 997, [{ dbfs: 0, seconds: 5 }]))
    assert.ok(Math.abs(loudness + 3.01) < 0.05, `${loudness} LUFS`)
  })

  it('measures what is shorter than a block, and silence', () => {
    const short = measured(48_000, tone(48_000, 997, [{ dbfs: -20, seconds: 0.2 }]))
    assert.ok(Math.abs(short + 23) < 1, `${short} LUFS`)
    assert.equal(measured(48_000, new Float32Array(48_000)), Number.NEGATIVE_INFINITY)
    assert.equal(measured(48_000, new Float32Array(0)), Number.NEGATIVE_INFINITY)
  })
})

describe('level', () => {
  /** Bursts of noise at different levels, with a peak now and then: about as uneven as speech is. */
  function speechLike(rate: number, dbfs: number): Float32Array {
    const random = seededRandom(5)
    const loudest = 10 ** (dbfs / 20)
    return Float32Array.from({ length: rate * 6 }, (_, i) => {
      const syllable = Math.abs(Math.sin((Math.PI * 4 * i) / rate))
      const spike = random() < 0.0005 ? 3 : 1
      return loudest * syllable * spike * (random() - 0.5)
    })
  }

  for (const dbfs of [-33, -20, -6, 0]) {
    it(`brings ${dbfs} dBFS to ${TARGET_LUFS} LUFS, and no peak above ${CEILING_DBTP} dBTP`, () => {
      const levelled = level(speechLike(22_050, dbfs), 22_050)
      const [loudness, peak] = [measured(22_050, levelled), truePeak(22_050, levelled)]
      assert.ok(Math.abs(loudness - TARGET_LUFS) < 0.5, `${loudness} LUFS`)
      assert.ok(peak <= CEILING_DBTP, `${peak} dBTP`)
    })
  }

  it('changes nothing but the loudness where there is nothing to limit', () => {
    const quiet = tone(22_050, 300, [{ dbfs: -30, seconds: 2 }])
    const levelled = level(quiet, 22_050)
    const gain = Number(levelled[1_000]) / Number(quiet[1_000])
    assert.ok(levelled.every((sample, i) => Math.abs(sample - Number(quiet[i]) * gain) < 1e-6))
  })

  it('leaves silence alone, and does not raise noise out of nothing', () => {
    assert.ok(level(new Float32Array(22_050), 22_050).every((sample) => sample === 0))
    const loudness = measured(22_050, level(tone(22_050, 300, [{ dbfs: -90, seconds: 1 }]), 22_050))
    assert.ok(loudness < -60, `${loudness} LUFS`)
  })
})
