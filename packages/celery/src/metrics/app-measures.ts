import { Counter, Gauge, type Registry } from 'prom-client'
import type { Measure, Measures, Reading } from '../app/measures.ts'
import type { WorkController } from '../worker/worker.ts'
import { workerLabels } from './worker-labels.ts'

/** What an app measures where its tasks run, as series that are read when they are scraped. */
export function addAppMeasures(
  register: Registry,
  measures: Measures,
  workers: ReadonlySet<WorkController>,
): void {
  for (const measure of measures) addMeasure(register, measure, () => readingsOf(measure, measures, workers))
}

function addMeasure(
  register: Registry,
  { name, help, type, labelNames = [] }: Measure,
  read: () => Iterable<Reading>,
): void {
  const Kind = type === 'counter' ? Counter : Gauge
  const metric: Counter | Gauge = new Kind({
    name,
    help,
    labelNames: ['hostname', 'worker', ...labelNames],
    registers: [register],
    collect: () => {
      metric.reset()
      for (const { labels, value } of read()) metric.inc(labels, value)
    },
  })
}

function* readingsOf(
  { name }: Measure,
  measures: Measures,
  workers: ReadonlySet<WorkController>,
): Generator<Reading> {
  for (const { pool, hostname } of workers) {
    const readings = pool.children?.readings ?? measures.readings()
    for (const reading of readings) {
      if (reading.name !== name) continue
      yield { ...reading, labels: { ...workerLabels(hostname), ...reading.labels } }
    }
  }
}
