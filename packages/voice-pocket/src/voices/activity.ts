/** When somebody speaks in a recording, and how loud that is against what else is heard. */

/** Of one frame. */
export const FRAME_SECONDS = 0.01
/** Frames that one level is the mean of: shorter than a syllable, longer than a period of a low voice. */
const SMOOTHED_FRAMES = 4
/** What is quieter is nothing at all; 16 bits end at -96. */
const SILENCE_DB = -90
/** Vowels and consonants of one sentence lie within as many decibels. */
const SPEECH_RANGE_DB = 25
/** Above the floor: what is less loud cannot be told from it. */
const ABOVE_FLOOR_DB = 6

export interface Activity {
  /** In dB of full scale, one for each frame. */
  readonly levels: readonly number[]
  /** How loud it is where nobody speaks. */
  readonly floorDb: number
  /** How loud it is where somebody speaks. */
  readonly speechDb: number
  /** From here on a frame counts as speech. */
  readonly thresholdDb: number
  /** Of all frames that count as speech. */
  readonly activeSeconds: number
}

/** Pauses, and the weakest sounds between two vowels, are always the quietest tenth of speech. */
export function activityOf(samples: Float32Array, sampleRate: number): Activity {
  const levels = smoothedLevels(samples, Math.round(sampleRate * FRAME_SECONDS))
  const sorted = levels.toSorted((one, other) => one - other)
  const floorDb = quantile(sorted, 0.1)
  const speechDb = quantile(sorted, 0.9)
  const thresholdDb = Math.max(speechDb - SPEECH_RANGE_DB, Math.min(floorDb + ABOVE_FLOOR_DB, speechDb))
  const active = levels.filter((level) => level > thresholdDb).length
  return { levels, floorDb, speechDb, thresholdDb, activeSeconds: active * FRAME_SECONDS }
}

/** `sorted` from the lowest; 0 stands for an empty list. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function smoothedLevels(samples: Float32Array, frame: number): number[] {
  const energies: number[] = []
  for (let at = 0; at + frame <= samples.length; at += frame) {
    energies.push(samples.subarray(at, at + frame).reduce((sum, sample) => sum + sample * sample, 0) / frame)
  }
  return energies.map((_, index) => {
    const around = energies.slice(Math.max(0, index - SMOOTHED_FRAMES / 2), index + SMOOTHED_FRAMES / 2)
    const mean = around.reduce((sum, energy) => sum + energy, 0) / around.length
    return Math.max(SILENCE_DB, 10 * Math.log10(mean))
  })
}
