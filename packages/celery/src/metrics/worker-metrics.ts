import { hostname } from 'node:os'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import type { Celery } from '../app/celery.ts'
import { parseTime } from '../app/iso-time.ts'
import { StartStopStep } from '../bootsteps.ts'
import { type Logger, silentLogger } from '../logger.ts'
import { PoolStep } from '../worker/components.ts'
import type { TaskReport } from '../worker/report.ts'
import type { WorkController } from '../worker/worker.ts'
import { addAppMeasures } from './app-measures.ts'
import { BoundedNames, exceptionName } from './bounded-names.ts'
import { MessageMetrics } from './message-metrics.ts'
import { QueueLengths } from './queue-lengths.ts'
import { DEFAULT_BUCKETS, type TaskLabels, TaskMetrics } from './task-metrics.ts'
import { addWorkerGauges } from './worker-gauges.ts'
import { workerLabels } from './worker-labels.ts'

export interface WorkerMetricsOptions {
  /** Upper bounds of the histograms, in seconds. */
  readonly buckets?: readonly number[]
  /** Queues to tell the length of besides those that the workers take tasks from. */
  readonly queues?: readonly string[]
  readonly logger?: Logger
}

/** So many classes of exceptions are told apart, and names of tasks that are sent, and of queues. */
const MOST_EXCEPTIONS = 100
const MOST_NAMES = 1_000

/**
 * Prometheus metrics of the workers of one app in this process, in `register`, with the names of celery-exporter where
 * it has them (https://github.com/danihodovic/celery-exporter).
 * 1. `install` has it watch every worker that starts from now on; `watch` is for one.
 * 2. Tasks are counted as the worker tells of them, whether or not it sends events; what can be read off the worker, and
 *    what only the broker knows, is asked for when somebody scrapes.
 * 3. Labels are bounded: tasks are those of the registry, exceptions the first hundred.
 */
export class WorkerMetrics {
  readonly register = new Registry()
  readonly #app: Celery
  readonly #tasks: TaskMetrics
  readonly #messages: MessageMetrics
  readonly #results: Readonly<Record<'stored' | 'failed', Counter>>
  readonly #exceptions = new BoundedNames(MOST_EXCEPTIONS)
  readonly #sent = new BoundedNames(MOST_NAMES)
  readonly #queues = new BoundedNames(MOST_NAMES)
  readonly #workers = new Set<WorkController>()
  /** When a task could have begun, in milliseconds since the epoch. */
  readonly #ready = new WeakMap<TaskReport['task'], number>()

  constructor(
    app: Celery,
    { buckets = DEFAULT_BUCKETS, queues = [], logger = silentLogger }: WorkerMetricsOptions = {},
  ) {
    this.#app = app
    this.#tasks = new TaskMetrics(this.register, buckets)
    this.#messages = new MessageMetrics(this.register, buckets)
    this.#results = resultCounters(this.register)
    addWorkerGauges(this.register, this.#workers)
    addAppMeasures(this.register, app.measures, this.#workers)
    new QueueLengths({
      connection: () => app.connection,
      queues: () => [...this.#queuesOfWorkers(), ...queues],
      register: this.register,
      logger,
    })
  }

  /** For all workers of the app that are made from now on, and for what this process sends. */
  install(): this {
    this.countSent()
    const watch = (worker: WorkController) => this.watch(worker)
    this.#app.steps.worker.add(
      class WorkerMetricsStep extends StartStopStep<WorkController> {
        static override readonly precedes = [PoolStep]
        #end = () => {}

        override start(worker: WorkController): void {
          this.#end = watch(worker)
        }

        override stop(): void {
          this.#end()
        }
      },
    )
    return this
  }

  /** Tells of this process as well: memory, processor, event loop, by the names that Prometheus' libraries share. */
  addProcess(): void {
    collectDefaultMetrics({ register: this.register })
  }

  /** For a step of a worker that precedes its pool. Returns what ends it; what was counted stays. */
  watch(worker: WorkController): () => void {
    this.#workers.add(worker)
    for (const counter of Object.values(this.#results)) counter.inc(workerLabels(worker.hostname), 0)
    const ends = [
      worker.consumer.parts.reporter.listen((report) => this.#count(report)),
      this.#messages.connect(this.#app.signals),
    ]
    return () => {
      this.#workers.delete(worker)
      for (const end of ends) end()
    }
  }

  /** Counts the tasks that this process sends, the children of its pool not included. Returns what ends it. */
  countSent(): () => void {
    return this.#app.middleware.publish.use(async ({ call, queue, routingKey }, next) => {
      await next()
      const [name, queue_name] = [this.#sent.of(call.task), this.#queues.of(queue ?? routingKey)]
      this.#tasks.count('task-sent', { name, queue_name, hostname: hostname(), worker: '' })
    })
  }

  #count({ type, task, fields }: TaskReport): void {
    const labels = labelsOf(task)
    if (type === 'task-received') this.#ready.set(task, readyAt(fields.eta))
    if (type === 'task-started') this.#tasks.waited(labels, this.#waitedSeconds(task))
    if (type === 'task-succeeded') this.#tasks.ran(labels, Number(fields.runtime))
    if (type === 'task-abandoned') this.#results.failed.inc(workerLabels(task.hostname))
    if (task.keepsResult && STORED.has(type)) this.#results.stored.inc(workerLabels(task.hostname))
    const exception = type === 'task-failed' ? this.#exceptions.of(exceptionName(fields.exception)) : ''
    this.#tasks.count(type, labels, exception)
  }

  #waitedSeconds(task: TaskReport['task']): number {
    const now = Date.now()
    return (now - (this.#ready.get(task) ?? now)) / 1000
  }

  *#queuesOfWorkers(): Generator<string> {
    for (const { consumer } of this.#workers) {
      for (const { name } of consumer.queues) yield name
      yield consumer.parts.deadLetters.queue.name
    }
  }
}

/** Ends of which there is a record in the result backend. */
const STORED: ReadonlySet<string> = new Set(['task-succeeded', 'task-failed', 'task-retried', 'task-revoked'])

function resultCounters(register: Registry): Readonly<Record<'stored' | 'failed', Counter>> {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['hostname', 'worker'], registers: [register] })
  return {
    stored: counter('celery_results_stored_total', 'Results that the result backend has.'),
    failed: counter(
      'celery_results_failed_total',
      'Runs of which nothing could be stored: the result backend is away.',
    ),
  }
}

const labelsOf = ({ name, queue, hostname }: TaskReport['task']): TaskLabels => ({
  ...workerLabels(hostname),
  name,
  queue_name: queue,
})

/** A task with an eta waits for nobody until then. */
function readyAt(eta: unknown): number {
  return Math.max(Date.now(), typeof eta === 'string' ? parseTime(eta) : 0)
}
