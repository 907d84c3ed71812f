/** What the children of a pool measure: told when it has changed, and added up. */
import type { Measures, Reading } from '../app/measures.ts'

/** In a child: its readings, when they are not those that were told last. */
export class ChangedReadings {
  readonly #measures: Measures
  #told = '[]'

  constructor(measures: Measures) {
    this.#measures = measures
  }

  next(): { readonly readings?: readonly Reading[] } {
    const readings = this.#measures.readings()
    const text = JSON.stringify(readings)
    if (text === this.#told) return {}
    this.#told = text
    return { readings }
  }
}

/** Those of several processes as if they were one. */
export function summed(readings: Iterable<Reading>): readonly Reading[] {
  const sums = new Map<string, Reading>()
  for (const reading of readings) {
    const labels = Object.entries(reading.labels).toSorted(([one], [other]) => (one < other ? -1 : 1))
    const key = JSON.stringify([reading.name, labels])
    const value = (sums.get(key)?.value ?? 0) + reading.value
    sums.set(key, { ...reading, value })
  }
  return [...sums.values()]
}

/** What stays of a process that is gone. */
export function lasting(readings: readonly Reading[]): readonly Reading[] {
  return readings.filter(({ type }) => type === 'counter')
}
