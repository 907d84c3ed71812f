/** How high a plain tone is, in Hz: by how often it crosses zero upwards. */
export function pitchOf(samples: Int16Array, sampleRate: number): number {
  let crossings = 0
  for (let i = 1; i < samples.length; i++) {
    if (Number(samples[i - 1]) < 0 && Number(samples[i]) >= 0) crossings++
  }
  return (crossings * sampleRate) / samples.length
}
