import { limited } from './limiter.ts'
import { LoudnessMeter } from './loudness.ts'

/** For speech in one channel: as loud as what else is heard on a telephone or in a browser (AES TD1008). */
export const TARGET_LUFS = -16
/** Room for what a lossy encoder adds. */
export const CEILING_DBTP = -1

/** Nothing is raised by more: what is that quiet was meant to be, or is only noise. */
const MAX_GAIN_DB = 30

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
    CEILING_DBTP,
  )
}
