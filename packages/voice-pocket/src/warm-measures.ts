import type { Measure, Measures } from '@voice-pocket/celery'
import type { WarmCounts } from './kept-warm.ts'

type Series = readonly [
  name: string,
  type: Measure['type'],
  help: string,
  read: (counts: WarmCounts) => number,
]

const SERIES: readonly Series[] = [
  ['entries', 'gauge', 'Engines, voices and recordings that are kept ready.', ({ size }) => size],
  ['capacity', 'gauge', 'How many of them there is room for.', ({ capacity }) => capacity],
  ['hits_total', 'counter', 'Times that one was needed and ready.', ({ hits }) => hits],
  ['misses_total', 'counter', 'Times that one was needed and had to be made or got.', ({ misses }) => misses],
  ['evictions_total', 'counter', 'Those that made room for others.', ({ evictions }) => evictions],
]

/** What the processes that speak keep warm, among the metrics of their worker. */
export class WarmMeasures {
  readonly #counts = new Map<string, WarmCounts>()

  constructor(measures: Pick<Measures, 'add'>) {
    for (const [name, type, help, read] of SERIES) {
      measures.add({
        name: `voice_pocket_warm_${name}`,
        ...{ type, help, labelNames: ['kind'] },
        read: () => Array.from(this.#counts, ([kind, counts]) => ({ labels: { kind }, value: read(counts) })),
      })
    }
  }

  /** From now on this process tells of it. */
  watch(kind: 'engine' | 'voice' | 'recording', counts: WarmCounts): void {
    this.#counts.set(kind, counts)
  }
}
