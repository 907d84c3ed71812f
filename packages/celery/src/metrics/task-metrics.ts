import { Counter, Histogram, type Registry } from 'prom-client'

/** Where a task is: what its series are told apart by. The names are those of celery-exporter. */
export interface TaskLabels {
  /** The task's name. */
  readonly name: string
  /** Host of the worker. */
  readonly hostname: string
  readonly queue_name: string
  /** Node name of the worker, `name@host`. */
  readonly worker: string
}

const LABELS = ['name', 'hostname', 'queue_name', 'worker'] as const

/** By the type of Celery's event. `task-ignored` is ours: Celery says nothing of those. */
const COUNTED = {
  'task-sent': ['celery_task_sent_total', 'Task messages that were published.'],
  'task-received': ['celery_task_received_total', 'Tasks that workers received.'],
  'task-started': ['celery_task_started_total', 'Runs that began.'],
  'task-succeeded': ['celery_task_succeeded_total', 'Runs that succeeded.'],
  'task-rejected': [
    'celery_task_rejected_total',
    'Messages that were rejected, or went back to their queue.',
  ],
  'task-revoked': ['celery_task_revoked_total', 'Tasks that were revoked or had expired.'],
  'task-retried': ['celery_task_retried_total', 'Runs that failed and are tried again.'],
  'task-ignored': ['celery_task_ignored_total', 'Runs that ended without a state, by Ignore.'],
} as const
type CountedType = keyof typeof COUNTED

/** Seconds; from what answers at once to what takes an hour. */
export const DEFAULT_BUCKETS: readonly number[] = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
]

/**
 * What becomes of tasks, counted: the same series whether a worker tells of its own, or events tell of all workers.
 * Who calls sees to it that there are not too many labels.
 */
export class TaskMetrics {
  readonly #counters: Readonly<Record<CountedType, Counter>>
  readonly #failed: Counter
  readonly #runtime: Histogram
  readonly #wait: Histogram
  /** The labels that there are series of, by worker and by how they read. */
  readonly #known = new Map<string, Map<string, TaskLabels>>()
  readonly #exceptions = new Set([''])

  constructor(register: Registry, buckets: readonly number[]) {
    const registers = [register]
    const counters = Object.entries(COUNTED).map(([type, [name, help]]) => [
      type,
      new Counter({ name, help, labelNames: LABELS, registers }),
    ])
    this.#counters = Object.fromEntries(counters)
    this.#failed = new Counter({
      name: 'celery_task_failed_total',
      help: 'Runs that failed, by what they threw.',
      labelNames: [...LABELS, 'exception'],
      registers,
    })
    const histogram = { labelNames: LABELS, registers, buckets: [...buckets] }
    this.#runtime = new Histogram({
      ...histogram,
      name: 'celery_task_runtime',
      help: 'Seconds that runs took which succeeded.',
    })
    this.#wait = new Histogram({
      ...histogram,
      name: 'celery_task_wait_seconds',
      help: 'Seconds from when a worker had a task, or from its eta, until it began.',
    })
  }

  /** Events of other types are not counted. */
  count(type: string, labels: TaskLabels, exception = ''): void {
    const isFailure = type === 'task-failed'
    if (!isFailure && !isCounted(type)) return
    if (type !== 'task-sent') this.#begin(labels) // clients send, who are no workers
    if (!isFailure) this.#counters[type].inc({ ...labels })
    else {
      this.#exceptions.add(exception)
      this.#failed.inc({ ...labels, exception })
    }
  }

  ran(labels: TaskLabels, seconds: number): void {
    this.#runtime.observe({ ...labels }, seconds)
  }

  waited(labels: TaskLabels, seconds: number): void {
    this.#wait.observe({ ...labels }, Math.max(0, seconds))
  }

  /** Drops the series of a worker that is gone for good. */
  forget(worker: string): void {
    for (const labels of this.#known.get(worker)?.values() ?? []) {
      const metrics = [...Object.values(this.#counters), this.#runtime, this.#wait]
      for (const metric of metrics) metric.remove({ ...labels })
      for (const exception of this.#exceptions) this.#failed.remove({ ...labels, exception })
    }
    this.#known.delete(worker)
  }

  /** Every series begins at 0, so that its first increase is seen as one. */
  #begin(labels: TaskLabels): void {
    const known = this.#known.get(labels.worker) ?? new Map<string, TaskLabels>()
    this.#known.set(labels.worker, known)
    const key = JSON.stringify(labels)
    if (known.has(key)) return
    known.set(key, labels)
    this.#failed.inc({ ...labels, exception: '' }, 0)
    for (const [type, counter] of Object.entries(this.#counters))
      if (type !== 'task-sent') counter.inc({ ...labels }, 0)
  }
}

const isCounted = (type: string): type is CountedType => Object.hasOwn(COUNTED, type)
