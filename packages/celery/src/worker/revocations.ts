import { ImproperlyConfigured } from '../exceptions.ts'
import { LimitedSet, type Limits } from './limited-set.ts'

/** Where revocations outlive the worker; what it is told is kept when the call returns. */
export interface RevocationStore {
  /** @param times milliseconds since the epoch, by task id */
  keepTasks(times: ReadonlyMap<string, number>): void
  keepStamps(header: string, values: readonly unknown[], at: number): void
}

/** Celery's bounds (`celery/worker/state.py`). */
const DEFAULT_LIMITS: Limits = { most: 50_000, expiresMs: 10_800_000 }

/**
 * The limits that the environment sets, by Celery's names: `CELERY_WORKER_REVOKES_MAX`, how many revoked tasks a
 * worker remembers, and `CELERY_WORKER_REVOKE_EXPIRES`, after how many seconds it may forget one.
 */
export function revocationLimits(env: NodeJS.ProcessEnv): Limits {
  const { CELERY_WORKER_REVOKES_MAX: most, CELERY_WORKER_REVOKE_EXPIRES: seconds } = env
  return {
    most: numberFrom('CELERY_WORKER_REVOKES_MAX', most) ?? DEFAULT_LIMITS.most,
    expiresMs:
      (numberFrom('CELERY_WORKER_REVOKE_EXPIRES', seconds) ?? DEFAULT_LIMITS.expiresMs / 1000) * 1000,
  }
}

function numberFrom(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (value >= 0) return value
  throw new ImproperlyConfigured(
    `${name} is '${text}'; it must be a number, 0 or more. Correct it, or unset it.`,
  )
}

/** The tasks that a worker must not run: by id, or by a header that they were stamped with. */
export class Revocations {
  readonly #limits: Limits
  readonly #tasks: LimitedSet<string>
  /** Values by header. */
  readonly #stamps = new Map<string, LimitedSet<unknown>>()
  #store: RevocationStore | undefined

  constructor(limits: Limits = DEFAULT_LIMITS) {
    this.#limits = limits
    this.#tasks = new LimitedSet(limits)
  }

  get limits(): Limits {
    return this.#limits
  }

  /** From now on the store keeps what is added; undefined: nobody does. */
  keepIn(store: RevocationStore | undefined): void {
    this.#store = store
  }

  /** Task ids, in the order in which they were revoked. */
  get ids(): readonly string[] {
    return [...this.#tasks.times.keys()]
  }

  /** When each task was revoked, in milliseconds since the epoch. */
  get times(): ReadonlyMap<string, number> {
    return this.#tasks.times
  }

  /** @param at when it was revoked, in milliseconds since the epoch */
  add(taskId: string, at = Date.now()): void {
    this.addAll(new Map([[taskId, at]]))
  }

  addAll(times: ReadonlyMap<string, number>): void {
    if (times.size === 0) return
    for (const [id, at] of times) this.#tasks.add(id, at)
    this.#store?.keepTasks(times)
  }

  has(taskId: string): boolean {
    return this.#tasks.has(taskId)
  }

  /** Tasks stamped with one of these values under that header must not run. */
  addStamps(header: string, values: readonly unknown[], at = Date.now()): void {
    const revoked = this.#stamps.get(header) ?? new LimitedSet(this.#limits)
    this.#stamps.set(header, revoked)
    for (const value of values) revoked.add(value, at)
    this.#store?.keepStamps(header, values, at)
  }

  /** Whether one of the stamps was revoked. */
  hasStamps(stamps: Readonly<Record<string, unknown>>): boolean {
    return Object.entries(stamps).some(([header, value]) => {
      const revoked = this.#stamps.get(header)
      return revoked !== undefined && [value].flat().some((one) => revoked.has(one))
    })
  }
}
