import { PitchDetector } from 'pitchy'
import { type Activity, FRAME_SECONDS, quantile } from './activity.ts'

/**
 * Two periods of the lowest voice. In a longer window the melody moves: with 4096 samples at 24 kHz, not one window of
 * a man who speaks at 74 Hz is clear, and of a woman's at 205 Hz only those where she is highest.
 */
const WINDOW_SECONDS = 1024 / 24_000
const HOP_SECONDS = 0.02
/** What repeats itself less exactly is a consonant, noise, or two people at once. */
const CLARITY = 0.9
/** From a low man's voice to a child's, in Hz. */
const LOWEST = 55
const HIGHEST = 600

export interface Pitch {
  /** In Hz, the median; 0 where there is no voice. */
  readonly median: number
  /** Between the lowest and the highest tenth, in semitones. */
  readonly spread: number
  /** How long a voice is heard. */
  readonly voicedSeconds: number
}

/**
 * The fundamental frequency of a voice, by McLeod's method.
 * http://www.cs.otago.ac.nz/tartini/papers/A_Smarter_Way_to_Find_Pitch.pdf
 */
export function pitchOf(samples: Float32Array, sampleRate: number, { levels, thresholdDb }: Activity): Pitch {
  const window = Math.round(WINDOW_SECONDS * sampleRate)
  const detector = PitchDetector.forFloat32Array(window)
  const found: number[] = []
  const hop = Math.round(HOP_SECONDS * sampleRate)
  for (let at = 0; at + window <= samples.length; at += hop) {
    const middle = Math.floor((at + window / 2) / (FRAME_SECONDS * sampleRate))
    if (Number(levels[middle]) <= thresholdDb) continue
    const [frequency, clarity] = detector.findPitch(samples.subarray(at, at + window), sampleRate)
    if (clarity >= CLARITY && frequency >= LOWEST && frequency <= HIGHEST) found.push(frequency)
  }
  found.sort((one, other) => one - other)
  return {
    median: quantile(found, 0.5),
    spread: found.length === 0 ? 0 : 12 * Math.log2(quantile(found, 0.9) / quantile(found, 0.1)),
    voicedSeconds: found.length * HOP_SECONDS,
  }
}
