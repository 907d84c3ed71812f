import { Counter, Gauge, type Registry } from 'prom-client'
import type { WorkController } from '../worker/worker.ts'
import { workerLabels } from './worker-labels.ts'

type Reading = (worker: WorkController) => number | undefined

/** What can be read off a worker at any moment. KiB become bytes here, as Prometheus wants them. */
const GAUGES: readonly (readonly [name: string, help: string, read: Reading])[] = [
  [
    'celery_worker_up',
    '1 while the worker takes tasks from the broker.',
    ({ consumer }) => Number(consumer.taskConsumer !== undefined),
  ],
  [
    'celery_worker_tasks_active',
    'Tasks that run: slots of the pool that are busy.',
    ({ state }) => state.active.size,
  ],
  [
    'celery_worker_prefetch_count',
    'Messages that the broker may have out; 0 is any number.',
    (worker) => worker.consumer.prefetchCount,
  ],
  ['celery_worker_pool_size', 'Tasks that can run at once.', ({ pool }) => pool.limit],
  ['celery_worker_pool_children', 'Processes or threads that run tasks.', ({ pool }) => pool.children?.count],
  [
    'celery_worker_pool_memory_bytes',
    'Memory that these used after their last tasks, together.',
    ({ pool }) => pool.children && pool.children.memory * 1024,
  ],
]

/** What the worker counts anyway, whether or not anybody looks. */
const COUNTERS: readonly (readonly [name: string, help: string, read: Reading])[] = [
  [
    'celery_worker_pool_children_started_total',
    'Processes or threads that were started: more than the pool has, when some were replaced.',
    ({ pool }) => pool.children?.startedCount,
  ],
  [
    'celery_worker_affinity_hits_total',
    'Tasks with affinity keys that went to a child which had been given the first of them before.',
    ({ pool }) => pool.children?.affinityHits,
  ],
  [
    'celery_worker_affinity_misses_total',
    'Tasks with affinity keys that went to another child: none that had been given the first of them was idle.',
    ({ pool }) => pool.children?.affinityMisses,
  ],
  [
    'celery_broker_reconnects_total',
    'Connections to the broker that took the place of one that was lost.',
    ({ consumer }) => Math.max(0, consumer.connectionCount - 1),
  ],
  [
    'celery_dead_letters_total',
    'Messages that were put aside because no task could be found for them, or run.',
    ({ consumer }) => consumer.parts.deadLetters.putCount,
  ],
  [
    'celery_task_unknown_total',
    'Messages for tasks that the worker does not have.',
    ({ consumer }) => consumer.parts.reporter.unknownCount,
  ],
]

/** The messages that are in a worker's hands and not settled, or whose task still runs. */
const IN_HAND: readonly (readonly [state: string, read: Reading])[] = [
  ['waiting', ({ state }) => state.reserved.size - state.active.size],
  ['held', ({ state }) => state.held.size],
  ['active', ({ state }) => state.active.size],
]

const LABELS = ['hostname', 'worker'] as const

/** Series that cost nothing until somebody asks: they are read when they are scraped. */
export function addWorkerGauges(register: Registry, workers: ReadonlySet<WorkController>): void {
  const common = { labelNames: LABELS, registers: [register] }
  for (const [name, help, read] of GAUGES) {
    const gauge: Gauge = new Gauge({
      ...common,
      name,
      help,
      collect: () => collect(gauge, workers, [[{}, read]]),
    })
  }
  for (const [name, help, read] of COUNTERS) {
    const counter: Counter = new Counter({
      ...common,
      name,
      help,
      collect: () => collect(counter, workers, [[{}, read]]),
    })
  }
  const messages: Gauge = new Gauge({
    name: 'celery_worker_messages',
    help: 'Messages in the hands of the worker: waiting for a slot, held for later, or active.',
    labelNames: [...LABELS, 'state'],
    registers: [register],
    collect: () =>
      collect(
        messages,
        workers,
        IN_HAND.map(([state, read]) => [{ state }, read]),
      ),
  })
}

function collect(
  metric: Gauge | Counter,
  workers: ReadonlySet<WorkController>,
  readings: readonly (readonly [labels: Readonly<Record<string, string>>, read: Reading])[],
): void {
  metric.reset()
  for (const worker of workers) {
    for (const [labels, read] of readings) {
      const value = read(worker)
      if (value !== undefined) metric.inc({ ...workerLabels(worker.hostname), ...labels }, value)
    }
  }
}
