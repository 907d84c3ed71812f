import type { Activity } from './activity.ts'

/** Between two vowels it becomes quieter by at least as much. */
const DIP_DB = 2

/**
 * How many syllables are spoken in a second in which somebody speaks: the peaks of loudness that a dip divides, after
 * de Jong and Wempe, https://doi.org/10.3758/BRM.41.2.385. Good to about a tenth.
 */
export function syllablesPerSecond({ levels, thresholdDb, activeSeconds }: Activity): number {
  if (activeSeconds === 0) return 0
  let [count, peak, dip] = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let rising = true
  for (const level of levels) {
    if (rising) {
      peak = Math.max(peak, level)
      if (level > peak - DIP_DB) continue
      if (peak > thresholdDb) count += 1
      dip = level
      rising = false
    } else {
      dip = Math.min(dip, level)
      if (level < dip + DIP_DB) continue
      peak = level
      rising = true
    }
  }
  if (rising && peak > thresholdDb) count += 1
  return count / activeSeconds
}
