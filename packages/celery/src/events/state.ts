import type { ReceivedEvent } from './event.ts'
import { Task } from './task.ts'
import { Worker } from './worker.ts'

export { Task, Worker }

export interface StateOptions {
  /** The oldest workers and tasks are forgotten beyond so many. */
  readonly maxWorkersInMemory?: number
  readonly maxTasksInMemory?: number
  /** Called before an event is taken in. */
  readonly onEvent?: (event: ReceivedEvent) => void
  readonly onNodeJoin?: (worker: Worker) => void
  readonly onNodeLeave?: (worker: Worker) => void
  /** Seconds since the epoch; the system's unless given. */
  readonly now?: () => number
}

export interface TaskSelection {
  readonly limit?: number
  /** Newest first, which is the default. */
  readonly reverse?: boolean
}

/** What happened to a task and when: what tasks are ordered by. */
interface Moment {
  readonly clock: number
  readonly timestamp: number
  readonly origin: string
  readonly task: Task
}

/** From sent to its end a task has about so many events. */
const MOMENTS_PER_TASK = 4

/** The state of a cluster, put together from its events (`celery/events/state.py`); bounded, whatever comes. */
export class State {
  readonly workers = new Map<string, Worker>()
  readonly tasks = new Map<string, Task>()
  eventCount = 0
  /** Tasks that workers received. */
  taskCount = 0
  readonly #options: StateOptions
  readonly #maxWorkers: number
  readonly #maxTasks: number
  readonly #now: () => number
  readonly #types = new Set<string>()
  /** By the id of a parent not heard of yet. */
  readonly #orphans = new Map<string, Set<Task>>()
  /** Oldest first. */
  #moments: Moment[] = []

  constructor(options: StateOptions = {}) {
    this.#options = options
    this.#maxWorkers = options.maxWorkersInMemory ?? 5000
    this.#maxTasks = options.maxTasksInMemory ?? 10_000
    this.#now = options.now ?? (() => Date.now() / 1000)
  }

  /** Takes an event in. Those that are of no worker and no task are only counted. */
  event(event: ReceivedEvent): void {
    this.eventCount += 1
    this.#options.onEvent?.(event)
    const [, group, subject = ''] = /^(worker|task)-(.+)$/.exec(event.type) ?? []
    if (group === 'worker') this.#workerEvent(subject, event)
    if (group === 'task' && typeof event.uuid === 'string') this.#taskEvent(subject, event, event.uuid)
  }

  /** Those that were heard of within twice their own interval. */
  aliveWorkers(): readonly Worker[] {
    return [...this.workers.values()].filter(({ alive }) => alive)
  }

  /** Names of all tasks seen so far, sorted. */
  taskTypes(): readonly string[] {
    return [...this.#types].sort()
  }

  /** By when something last happened to them. */
  *tasksByTime({ limit = Number.POSITIVE_INFINITY, reverse = true }: TaskSelection = {}): Generator<Task> {
    const seen = new Set<Task>()
    const { length } = this.#moments
    for (let index = 0; index < length && seen.size < limit; index += 1) {
      const { task } = this.#moments[reverse ? length - 1 - index : index] as Moment
      if (seen.has(task) || this.tasks.get(task.uuid) !== task) continue
      seen.add(task)
      yield task
    }
  }

  tasksByType(name: string, selection: TaskSelection = {}): Generator<Task> {
    return this.#select((task) => task.name === name, selection)
  }

  /** @param hostname node name */
  tasksByWorker(hostname: string, selection: TaskSelection = {}): Generator<Task> {
    return this.#select((task) => task.worker?.hostname === hostname, selection)
  }

  parentOf({ parentId }: Task): Task | undefined {
    return parentId === undefined ? undefined : this.tasks.get(parentId)
  }

  rootOf({ rootId }: Task): Task | undefined {
    return rootId === undefined ? undefined : this.tasks.get(rootId)
  }

  /** Forgets tasks that have ended, or all. */
  clearTasks({ ready = true } = {}): void {
    for (const task of this.tasks.values()) if (!ready || task.ready) this.tasks.delete(task.uuid)
    this.#moments = this.#moments.filter(({ task }) => this.tasks.get(task.uuid) === task)
    this.#orphans.clear()
  }

  /** Forgets workers, counts, and tasks that have ended (or all). */
  clear({ ready = true } = {}): void {
    this.workers.clear()
    this.clearTasks({ ready })
    this.eventCount = 0
    this.taskCount = 0
  }

  *#select(fits: (task: Task) => boolean, selection: TaskSelection): Generator<Task> {
    const { limit = Number.POSITIVE_INFINITY, reverse = true } = selection
    let found = 0
    for (const task of this.tasksByTime({ reverse })) {
      if (found >= limit) return
      if (!fits(task)) continue
      found += 1
      yield task
    }
  }

  #workerEvent(subject: string, event: ReceivedEvent): void {
    const isOffline = subject === 'offline'
    const known = this.workers.get(event.hostname)
    const worker = known ?? (isOffline ? this.#newWorker(event.hostname) : this.#worker(event.hostname))
    worker.tell(event)
    if (!isOffline && (known === undefined || subject === 'online')) this.#options.onNodeJoin?.(worker)
    if (!isOffline) return
    this.workers.delete(event.hostname)
    this.#options.onNodeLeave?.(worker)
  }

  #taskEvent(subject: string, event: ReceivedEvent, uuid: string): void {
    const task = this.#task(uuid)
    if (subject === 'sent') task.client = event.hostname
    else {
      task.worker = this.#worker(event.hostname)
      task.worker.heard(event)
    }
    const { clock, timestamp } = event
    this.#remember({ clock, timestamp, origin: task.worker?.id ?? event.hostname, task })
    if (subject === 'received') this.taskCount += 1
    task.tell(subject, event)
    if (task.name !== undefined) this.#types.add(task.name)
    this.#join(task)
  }

  /** Whichever of parent and child is heard of first. */
  #join(task: Task): void {
    const { parentId } = task
    if (parentId === undefined) return
    const parent = this.tasks.get(parentId)
    if (parent) parent.children.add(task)
    else add(this.#orphans, parentId, (this.#orphans.get(parentId) ?? new Set()).add(task), this.#maxTasks)
  }

  #newWorker(hostname: string): Worker {
    return new Worker(hostname, this.#now)
  }

  #worker(hostname: string): Worker {
    const known = this.workers.get(hostname)
    if (known) return known
    const worker = this.#newWorker(hostname)
    add(this.workers, hostname, worker, this.#maxWorkers)
    return worker
  }

  #task(uuid: string): Task {
    const known = this.tasks.get(uuid)
    if (known) return known
    const task = new Task(uuid)
    add(this.tasks, uuid, task, this.#maxTasks)
    for (const child of this.#orphans.get(uuid) ?? []) task.children.add(child)
    this.#orphans.delete(uuid)
    return task
  }

  /** Most events come in order, so that the place is looked for from the end. */
  #remember(moment: Moment): void {
    if (this.#moments.length >= this.#maxTasks * MOMENTS_PER_TASK) this.#moments.shift()
    let index = this.#moments.length
    while (index > 0 && isBefore(moment, this.#moments[index - 1] as Moment)) index -= 1
    this.#moments.splice(index, 0, moment)
  }
}

/** The logical clock decides where both have one, else the time. */
function isBefore(a: Moment, b: Moment): boolean {
  if (!a.clock || !b.clock) return a.timestamp < b.timestamp
  return a.clock === b.clock ? a.origin < b.origin : a.clock < b.clock
}

/** The oldest makes room. */
function add<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.set(key, value)
  if (map.size <= max) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
