/** The same sound at another loudness, 0 to 1: for engines that have only one. */
export function scaled(samples: Int16Array, volume: number): Int16Array {
  return volume === 1 ? samples : samples.map((sample) => Math.round(sample * volume))
}
