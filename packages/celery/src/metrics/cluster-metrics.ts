import { Gauge, Registry } from 'prom-client'
import type { Celery } from '../app/celery.ts'
import { parseTime } from '../app/iso-time.ts'
import type { ReceivedEvent } from '../events/event.ts'
import { State, type Task, type Worker } from '../events/state.ts'
import { type Logger, silentLogger } from '../logger.ts'
import { BoundedNames, exceptionName } from './bounded-names.ts'
import { QueueLengths } from './queue-lengths.ts'
import { DEFAULT_BUCKETS, type TaskLabels, TaskMetrics } from './task-metrics.ts'
import { workerLabels } from './worker-labels.ts'

export interface ClusterMetricsOptions {
  /** Upper bounds of the histograms, in seconds. */
  readonly buckets?: readonly number[]
  /** Queues to tell the length of; the configured ones unless given. */
  readonly queues?: readonly string[]
  readonly logger?: Logger
  /** Seconds since the epoch; the system's unless given. */
  readonly now?: () => number
}

/** So many names of tasks, queues and exceptions are told apart. */
const MOST_NAMES = 1_000

/** Seconds after which the series of a worker that says nothing any more are dropped. */
const FORGET_AFTER = 600

/**
 * Prometheus metrics of a whole cluster, Python's workers included, out of the events that its workers send: what
 * celery-exporter tells, under the same names. Give it what a receiver hears: `onEvent: (event) => metrics.event(event)`.
 */
export class ClusterMetrics {
  readonly register = new Registry()
  readonly #app: Celery
  readonly #now: () => number
  readonly #state: State
  readonly #tasks: TaskMetrics
  readonly #names = new BoundedNames(MOST_NAMES)
  readonly #queues = new BoundedNames(MOST_NAMES)
  readonly #exceptions = new BoundedNames(MOST_NAMES)
  /** By node name: the worker, and when it was heard last. */
  readonly #workers = new Map<string, { worker: Worker; heardAt: number }>()

  constructor(app: Celery, options: ClusterMetricsOptions = {}) {
    const {
      buckets = DEFAULT_BUCKETS,
      logger = silentLogger,
      now = () => Date.now() / 1000,
      queues,
    } = options
    this.#app = app
    this.#now = now
    this.#state = new State({ now })
    this.#gauge('celery_worker_up', '1 while a worker is heard.', ({ alive }) => Number(alive))
    this.#gauge('celery_worker_tasks_active', 'Tasks that run at a worker.', ({ alive, active = 0 }) =>
      alive ? active : 0,
    )
    this.#tasks = new TaskMetrics(this.register, buckets) // after the gauges, which forget workers when they are read
    new QueueLengths({
      connection: () => app.connection,
      queues: () => queues ?? app.amqp.queues.configured.map(({ name }) => name),
      register: this.register,
      logger,
    })
  }

  event(event: ReceivedEvent): void {
    const { type, hostname, uuid } = event
    this.#state.event(event)
    const worker = this.#state.workers.get(hostname)
    if (worker) this.#workers.set(hostname, { worker, heardAt: this.#now() })
    const task = typeof uuid === 'string' ? this.#state.tasks.get(uuid) : undefined
    if (task && type.startsWith('task-')) this.#taskEvent(event, task)
  }

  #taskEvent({ type, hostname, runtime, exception }: ReceivedEvent, task: Task): void {
    const labels = this.#labelsOf(hostname, task)
    const name = type === 'task-failed' ? this.#exceptions.of(exceptionName(exception)) : ''
    this.#tasks.count(type, type === 'task-sent' ? { ...labels, worker: '' } : labels, name)
    if (type === 'task-succeeded' && typeof runtime === 'number') this.#tasks.ran(labels, runtime)
    if (type === 'task-started') this.#waited(labels, task)
  }

  #waited(labels: TaskLabels, { received, started, eta }: Task): void {
    if (received === undefined || started === undefined) return
    const ready = eta === undefined ? received : Math.max(received, parseTime(eta) / 1000)
    this.#tasks.waited(labels, started - ready)
  }

  /** Events of workers do not say which queue it was: that is known when clients send `task-sent`. */
  #labelsOf(nodeName: string, { name = 'unknown', queue }: Task): TaskLabels {
    return {
      ...workerLabels(nodeName),
      name: this.#names.of(name),
      queue_name: this.#queues.of(queue ?? this.#app.conf.taskDefaultQueue),
    }
  }

  #gauge(name: string, help: string, read: (worker: Worker) => number): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['hostname', 'worker'],
      registers: [this.register],
      collect: () => {
        this.#forget()
        gauge.reset()
        for (const [nodeName, { worker }] of this.#workers)
          gauge.set({ ...workerLabels(nodeName) }, read(worker))
      },
    })
  }

  #forget(): void {
    for (const [nodeName, { heardAt }] of this.#workers) {
      if (this.#now() - heardAt < FORGET_AFTER) continue
      this.#workers.delete(nodeName)
      this.#tasks.forget(nodeName)
    }
  }
}
