import type { TaskOptions } from '../app/task-options.ts'
import { OwedSettlements } from './owed.ts'
import type { Request } from './request.ts'
import { Revocations } from './revocations.ts'

/** What `memdump` looks back on. */
const MEMORY_SAMPLES_MAX = 1_000

/** What can be changed of a task while workers run. */
export type LiveLimits = Pick<TaskOptions, 'timeLimit' | 'softTimeLimit' | 'rateLimit'>

/**
 * What a worker holds right now: which tasks are reserved, which of them run, which ones it must not run, and what it
 * was told by remote control.
 */
export class WorkerState {
  /** By task id: received and not settled yet. */
  readonly reserved = new Map<string, Request>()
  /** Of these, the ones that a pool has begun. */
  readonly active = new Set<Request>()
  /** Kept for a later time, which is in milliseconds since the epoch. */
  readonly held = new Map<Request, number>()
  /** Milliseconds since the epoch. */
  readonly startedAt = Date.now()
  /** Of ended runs whose message could not be settled. */
  readonly owed = new OwedSettlements()
  /** What must not run. */
  readonly revoked: Revocations
  /** Bytes, as they were sampled. */
  readonly memorySamples: number[] = []
  readonly #limits = new Map<string, { readonly [Name in keyof LiveLimits]: LiveLimits[Name] | undefined }>()
  /** How often a task's message cost a child, by task id. */
  readonly #losses = new Map<string, number>()
  /** More than are reserved by their ids: a task that is tried again has its id before its last run is settled. */
  readonly #unsettled = new Set<Request>()
  readonly #idle: (() => void)[] = []
  readonly #onReserved = new Set<() => void>()
  readonly #onReleased = new Set<() => void>()
  readonly #onActivity = new Set<() => void>()
  /** Tasks run so far, by name. */
  readonly totalCount = new Map<string, number>()

  constructor(revoked = new Revocations()) {
    this.revoked = revoked
  }

  reserve(request: Request): void {
    this.reserved.set(request.id, request)
    this.#unsettled.add(request)
    for (const listener of this.#onReserved) listener()
  }

  /** Calls the listener for each request that is reserved. Returns the function that ends that. */
  onReserved(listener: () => void): () => void {
    this.#onReserved.add(listener)
    return () => this.#onReserved.delete(listener)
  }

  /** Calls the listener whenever a task has begun or ended. Returns the function that ends that. */
  onActivity(listener: () => void): () => void {
    this.#onActivity.add(listener)
    return () => this.#onActivity.delete(listener)
  }

  begin(request: Request): void {
    this.active.add(request)
    for (const listener of this.#onActivity) listener()
    this.totalCount.set(request.name, (this.totalCount.get(request.name) ?? 0) + 1)
  }

  /** Calls the listener whenever a task has ended and is settled. */
  onReleased(listener: () => void): void {
    this.#onReleased.add(listener)
  }

  release(request: Request): void {
    for (const listener of this.#onReleased) listener()
    if (this.active.delete(request)) for (const listener of this.#onActivity) listener()
    if (this.reserved.get(request.id) === request) this.reserved.delete(request.id)
    this.#unsettled.delete(request)
    if (this.#unsettled.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves when nothing is reserved, and what ended is told of and settled. */
  idle(): Promise<void> {
    if (this.#unsettled.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** From now on, for every run of that task; what stays undefined is without limit. */
  changeLimits(
    task: string,
    limits: { readonly [Name in keyof LiveLimits]: LiveLimits[Name] | undefined },
  ): void {
    this.#limits.set(task, { ...this.#limits.get(task), ...limits })
  }

  /** The limits of a task as they are now. @param options the task's own */
  limitsOf(
    task: string,
    options: LiveLimits,
  ): { readonly [Name in keyof LiveLimits]: LiveLimits[Name] | undefined } {
    const { timeLimit, softTimeLimit, rateLimit } = options
    return { timeLimit, softTimeLimit, rateLimit, ...this.#limits.get(task) }
  }

  sampleMemory(bytes: number): void {
    this.memorySamples.push(bytes)
    if (this.memorySamples.length > MEMORY_SAMPLES_MAX) this.memorySamples.shift()
  }

  /** Counts one more child that a task's message cost; returns how many it were. */
  countLoss(taskId: string): number {
    const losses = (this.#losses.get(taskId) ?? 0) + 1
    this.#losses.set(taskId, losses)
    return losses
  }

  forgetLosses(taskId: string): void {
    this.#losses.delete(taskId)
  }
}
