import type { Request } from './request.ts'

/** Celery's bounds of the revoked list (`celery/worker/state.py`). */
const REVOKES_MAX = 50_000
const REVOKE_EXPIRES_MS = 10_800_000

/** What a worker holds right now: which tasks are reserved, which of them run, which ids it must not run. */
export class WorkerState {
  /** By task id: received and not settled yet. */
  readonly reserved = new Map<string, Request>()
  /** Of these, the ones that a pool has begun. */
  readonly active = new Set<Request>()
  readonly #revoked = new Map<string, number>()
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

  revoke(taskId: string): void {
    this.#revoked.delete(taskId)
    this.#revoked.set(taskId, Date.now())
    for (const [id, time] of this.#revoked) {
      if (this.#revoked.size <= REVOKES_MAX && Date.now() - time < REVOKE_EXPIRES_MS) break
      this.#revoked.delete(id)
    }
  }

  isRevoked(taskId: string): boolean {
    return this.#revoked.has(taskId)
  }

  get revoked(): readonly string[] {
    return [...this.#revoked.keys()]
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
