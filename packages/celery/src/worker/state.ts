import type { TaskOptions } from '../app/task-options.ts'
import type { Request } from './request.ts'

/** Celery's bounds of the revoked list (`celery/worker/state.py`). */
const REVOKES_MAX = 50_000
export const REVOKE_EXPIRES_MS = 10_800_000

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
  /** Bytes, as they were sampled. */
  readonly memorySamples: number[] = []
  readonly #revoked = new Map<string, number>()
  /** Values by header; they stand in the order they came. */
  readonly #revokedStamps = new Map<string, Set<unknown>>()
  readonly #limits = new Map<string, { readonly [Name in keyof LiveLimits]: LiveLimits[Name] | undefined }>()
  /** How often a task's message cost a child, by task id. */
  readonly #losses = new Map<string, number>()
  readonly #idle: (() => void)[] = []
  /** Tasks run so far, by name. */
  readonly totalCount = new Map<string, number>()

  reserve(request: Request): void {
    this.reserved.set(request.id, request)
  }

  begin(request: Request): void {
    this.active.add(request)
    this.totalCount.set(request.name, (this.totalCount.get(request.name) ?? 0) + 1)
  }

  release(request: Request): void {
    this.active.delete(request)
    if (this.reserved.get(request.id) === request) this.reserved.delete(request.id)
    if (this.reserved.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves when nothing is reserved. */
  idle(): Promise<void> {
    if (this.reserved.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** @param at when it was revoked, in milliseconds since the epoch */
  revoke(taskId: string, at = Date.now()): void {
    this.#revoked.delete(taskId)
    this.#revoked.set(taskId, at)
    for (const [id, time] of this.#revoked) {
      if (this.#revoked.size <= REVOKES_MAX && Date.now() - time < REVOKE_EXPIRES_MS) break
      this.#revoked.delete(id)
    }
  }

  isRevoked(taskId: string): boolean {
    return this.#revoked.has(taskId)
  }

  /** Tasks stamped with one of these values under that header must not run. */
  revokeByStamp(header: string, values: readonly unknown[]): void {
    const revoked = this.#revokedStamps.get(header) ?? new Set()
    this.#revokedStamps.set(header, revoked)
    for (const value of values) revoked.delete(value)
    for (const value of values) revoked.add(value)
    for (const value of revoked) {
      if (revoked.size <= REVOKES_MAX) break
      revoked.delete(value)
    }
  }

  /** Whether one of the stamps was revoked. */
  hasRevoked(stamps: Readonly<Record<string, unknown>>): boolean {
    return Object.entries(stamps).some(([header, value]) => {
      const revoked = this.#revokedStamps.get(header)
      return revoked !== undefined && [value].flat().some((one) => revoked.has(one))
    })
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

  get revoked(): readonly string[] {
    return [...this.#revoked.keys()]
  }

  /** When each of them was revoked. */
  get revokedTimes(): ReadonlyMap<string, number> {
    return this.#revoked
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
