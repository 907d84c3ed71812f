import type { Celery } from '../app/celery.ts'
import { CeleryError } from '../exceptions.ts'
import type { Timer } from './timer.ts'

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/**
 * A rate limit as Celery writes it: `100/m` (per `s`, `m` or `h`), or a number per second.
 * @returns runs per second; undefined for no limit (0, `0`, null)
 * @throws CeleryError when it is neither
 */
export function parseRateLimit(limit: string | number | null | undefined): number | undefined {
  if (limit === null || limit === undefined) return undefined
  const [, count = '', unit = 's'] = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/.exec(String(limit).trim()) ?? []
  if (count === '') {
    throw new CeleryError(
      `Invalid rate limit string: '${limit}'. Write a number per second, or like 10/s, 100/m, 5/h.`,
    )
  }
  return Number(count) === 0 ? undefined : Number(count) / (SECONDS[unit] as number)
}

/**
 * How often this worker begins tasks of one name: a token bucket of one token, as in Celery, so that runs are spread
 * evenly over time. What must wait is called by the timer, in the order it came; its message stays unsettled, and
 * its place in the prefetch count is what keeps the broker from sending more.
 */
export class RateLimits {
  readonly #timer: Timer
  readonly #limits = new Map<string, number>()
  /** When the next token of each task is there, in milliseconds since the epoch. */
  readonly #nextToken = new Map<string, number>()
  /** What waits, by task and in order: the call, and what takes it back from the timer. */
  readonly #waiting = new Map<string, Map<() => Promise<void>, () => void>>()

  constructor(timer: Timer) {
    this.#timer = timer
  }

  /** For what waits already as well. @param perSecond undefined for no limit */
  set(task: string, perSecond: number | undefined): void {
    if (perSecond === undefined) this.#limits.delete(task)
    else this.#limits.set(task, perSecond)
    this.#nextToken.delete(task)
    const waiting = this.#waiting.get(task)
    this.#waiting.delete(task)
    for (const [call, takeBack] of waiting ?? []) {
      takeBack()
      void this.pass(task, call)
    }
  }

  /** What waits was taken from the timer and will come again: only the run that began last still counts. */
  clear(): void {
    this.#waiting.clear()
    const now = this.#timer.now()
    for (const [task, token] of this.#nextToken) {
      const perSecond = this.#limits.get(task)
      if (perSecond !== undefined) this.#nextToken.set(task, Math.min(token, now + 1000 / perSecond))
    }
  }

  /** Calls as soon as the task may begin once more: now, where it may. */
  pass(task: string, call: () => Promise<void>): Promise<void> {
    const perSecond = this.#limits.get(task)
    if (perSecond === undefined) return call()
    const now = this.#timer.now()
    const token = Math.max(now, this.#nextToken.get(task) ?? now)
    this.#nextToken.set(task, token + 1000 / perSecond)
    if (token <= now) return call()
    this.#wait(task, token, call)
    return Promise.resolve()
  }

  #wait(task: string, token: number, call: () => Promise<void>): void {
    const waiting = this.#waiting.get(task) ?? new Map<() => Promise<void>, () => void>()
    this.#waiting.set(task, waiting)
    const takeBack = this.#timer.callAt(token, () => {
      waiting.delete(call)
      void call()
    })
    waiting.set(call, takeBack)
  }
}

/** Those that the tasks of an app have, or its settings. */
export function rateLimitsOf({ conf, tasks }: Celery, timer: Timer): RateLimits {
  const limits = new RateLimits(timer)
  if (conf.workerDisableRateLimits) return limits
  for (const { name, options } of tasks) {
    limits.set(name, parseRateLimit(options.rateLimit ?? (conf.taskDefaultRateLimit || undefined)))
  }
  return limits
}
