/**
 * Waiting between attempts: intervals that grow by a step up to a bound, with jitter so that a crowd of
 * clients does not come back to a restarted broker in the same instant. Aborting ends a wait at once.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { InvalidValueError } from './exceptions.ts'

export interface RetryPolicy {
  /** Attempts after the first; Infinity goes on until the deadline or the signal. */
  readonly maxRetries?: number
  /** Wait before the first retry, in milliseconds. */
  readonly intervalStartMs?: number
  /** Added to the wait after each retry. */
  readonly intervalStepMs?: number
  readonly intervalMaxMs?: number
  /** Each wait is shortened by a random part of itself, up to this share (0 to 1). */
  readonly jitter?: number
  /** No attempt is started later than this after the first. */
  readonly deadlineMs?: number
}

export type ResolvedRetryPolicy = Required<RetryPolicy>

/** Kombu's numbers for a connection: 2, 4, 6 ... 30 seconds, for as long as it takes. */
export const CONNECTION_POLICY: ResolvedRetryPolicy = {
  maxRetries: Number.POSITIVE_INFINITY,
  intervalStartMs: 2_000,
  intervalStepMs: 2_000,
  intervalMaxMs: 30_000,
  jitter: 0.25,
  deadlineMs: Number.POSITIVE_INFINITY,
}

/** Celery's `task_publish_retry_policy`: at once, then 0.2, 0.4 seconds: somebody is waiting for the call. */
export const PUBLISH_POLICY: ResolvedRetryPolicy = {
  maxRetries: 3,
  intervalStartMs: 0,
  intervalStepMs: 200,
  intervalMaxMs: 1_000,
  jitter: 0.25,
  deadlineMs: Number.POSITIVE_INFINITY,
}

export function resolvePolicy(
  given: RetryPolicy | undefined,
  defaults: ResolvedRetryPolicy,
): ResolvedRetryPolicy {
  const policy = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof ResolvedRetryPolicy)[]) {
    const value = given?.[name]
    if (value === undefined) continue
    if (!(value >= 0)) throw new InvalidValueError(`retry policy: ${name} is ${value}, it must be 0 or more`)
    policy[name] = value
  }
  if (policy.jitter > 1)
    throw new InvalidValueError(`retry policy: jitter is ${policy.jitter}, it must be at most 1`)
  return policy
}

/** The waits of a policy in milliseconds, one per retry. */
export function* intervals(
  policy: ResolvedRetryPolicy,
  random: () => number = Math.random,
): Generator<number> {
  for (let retry = 0; retry < policy.maxRetries; retry += 1) {
    const wait = Math.min(policy.intervalStartMs + retry * policy.intervalStepMs, policy.intervalMaxMs)
    yield Math.round(wait * (1 - policy.jitter * random()))
  }
}

export interface RetryOptions {
  readonly policy: ResolvedRetryPolicy
  /** Whether another attempt could end otherwise. What it refuses is thrown as it is. */
  readonly isWorthRetrying: (error: unknown) => boolean
  readonly signal?: AbortSignal | undefined
  /** Told before each wait. */
  readonly onError?: ((error: unknown, waitMs: number) => void) | undefined
}

/** Runs `attempt` until it succeeds; throws its last error when the policy is used up, or the signal's reason. */
export async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, signal } = options
  let waits: Generator<number> | undefined // nearly all attempts succeed
  const startedAt = performance.now()
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!options.isWorthRetrying(error)) throw error
      waits ??= intervals(policy)
      const next = waits.next()
      if (next.done || performance.now() - startedAt + next.value > policy.deadlineMs) throw error
      options.onError?.(error, next.value)
      await pause(next.value, signal)
    }
  }
}

/** Waits, or rejects with the signal's reason as soon as it aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
