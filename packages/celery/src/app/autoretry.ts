import { Ignore, Reject, Retry } from '../exceptions.ts'

export type ErrorClass = abstract new (...args: never[]) => Error

/** Which errors a task is tried again for, and when: Celery's names and meanings. */
export interface AutoretryOptions {
  readonly autoretryFor?: readonly ErrorClass[]
  /** Wins over `autoretryFor`. */
  readonly dontAutoretryFor?: readonly ErrorClass[]
  /** Wait 1, 2, 4 … seconds; a number is the first wait. */
  readonly retryBackoff?: boolean | number
  /** Longest wait in seconds. */
  readonly retryBackoffMax?: number
  /** Wait a random time up to that instead, so that not all try at once. */
  readonly retryJitter?: boolean
  /** Given to `retry`, such as `{ maxRetries: 5 }` or `{ countdown: 5 }`. */
  readonly retryKwargs?: { readonly maxRetries?: number | null; readonly countdown?: number }
}

/** Celery's own, in seconds. */
const LONGEST_BACKOFF = 600

/** What a task throws to choose its outcome is no failure to be tried again. */
const OUTCOMES = [Ignore, Reject, Retry]

export function wantsAutoretry(error: unknown, options: AutoretryOptions): boolean {
  const { autoretryFor = [], dontAutoretryFor = [] } = options
  if ([...OUTCOMES, ...dontAutoretryFor].some((unwanted) => error instanceof unwanted)) return false
  return autoretryFor.some((wanted) => error instanceof wanted)
}

/**
 * Seconds to wait before the next retry; undefined leaves it to the task's `defaultRetryDelay`.
 * @param random a number from 0 up to 1
 */
export function autoretryDelay(
  retries: number,
  options: AutoretryOptions,
  random: number,
): number | undefined {
  const { retryBackoff = false, retryBackoffMax = LONGEST_BACKOFF, retryJitter = true, retryKwargs } = options
  if (retryBackoff === false || retryBackoff === 0) return retryKwargs?.countdown
  const factor = Math.max(1, Number(retryBackoff))
  const most = Math.min(retryBackoffMax, factor * 2 ** retries)
  return retryJitter ? Math.floor(random * (most + 1)) : most
}
