import { ErrorReply } from '@redis/client'
import type { RedisClient } from './connection.ts'

/** A connection that hears, and what the server calls it: once it is subscribed to anything it cannot ask. */
export interface Subscriber {
  readonly id: number
  readonly client: RedisClient
}

/** Where Redis publishes which keys have changed, for clients of the second version of its protocol. */
const INVALIDATIONS = '__redis__:invalidate'

/** A reason of one's own spares the making of an error that nobody looks at. */
const DONE = 'done'

/** Somebody who waits for long looks again, in case a proxy or a server has swallowed what it should have said. */
const LOOK_AGAIN_MS = 10_000

/**
 * Waits until something is in a list, without taking it. BRPOP, which Python waits with, takes what it waits for, and
 * a worker killed with the answer on its way has lost it. Redis has another way to say that a key has changed, made
 * for caches: whoever has read a key with CLIENT TRACKING is told of its next change, whoever makes it. So waiting is
 * reading whether the lists exist, which for an empty list is no, and then listening.
 *
 * All who wait on a list are told, and all but one find it empty again; that costs each of them two small commands.
 * Nobody polls, but where a server refuses tracking (before Redis 6), which is looked at each `polling_interval`.
 */
export class Arrivals {
  readonly #client: RedisClient
  readonly #subscriber: () => Promise<Subscriber>
  readonly #pollingIntervalMs: number
  /** By key, or by name of what is not in Redis. */
  readonly #waiting = new Map<string, Set<() => void>>()
  #tracking: Promise<boolean> | undefined

  constructor(client: RedisClient, subscriber: () => Promise<Subscriber>, pollingInterval: number) {
    this.#client = client
    this.#subscriber = subscriber
    this.#pollingIntervalMs = pollingInterval * 1000
  }

  /**
   * Resolves when one of the lists has something, `wake` was called for one of them, `isDue` says so when asked at the
   * start, or the signal aborts.
   */
  async wait(lists: readonly string[], signal: AbortSignal, isDue: () => boolean): Promise<void> {
    const done = new AbortController()
    const stop = () => done.abort(DONE)
    signal.addEventListener('abort', stop, { once: true })
    // Listening begins before any looking: what comes in between is not missed.
    for (const list of lists) this.#waiting.set(list, (this.#waiting.get(list) ?? new Set()).add(stop))
    try {
      if (signal.aborted || isDue()) return
      this.#tracking ??= this.#track()
      const isTracking = await this.#tracking
      if (await this.#anyExists(lists, isTracking)) return
      await expired(isTracking ? LOOK_AGAIN_MS : this.#pollingIntervalMs, done.signal)
    } finally {
      signal.removeEventListener('abort', stop)
      for (const list of lists) this.#forget(list, stop)
    }
  }

  wake(lists: readonly string[]): void {
    for (const list of lists) for (const resolve of this.#waiting.get(list) ?? []) resolve()
  }

  async #anyExists(lists: readonly string[], isTracking: boolean): Promise<boolean> {
    if (lists.length === 0) return false
    // Sent together, so that nothing comes between: the first is about the next command.
    const tracked = isTracking ? this.#client.sendCommand(['CLIENT', 'CACHING', 'YES']) : undefined
    const [count] = await Promise.all([this.#client.exists([...lists]), tracked])
    return count > 0
  }

  async #track(): Promise<boolean> {
    const { id, client: subscriber } = await this.#subscriber()
    try {
      await subscriber.subscribe(INVALIDATIONS, (keys: unknown) => this.#changed(keys))
      await this.#client.sendCommand(['CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'OPTIN'])
      return true
    } catch (error) {
      if (error instanceof ErrorReply) return false
      throw error
    }
  }

  /** No keys: all of them (FLUSHDB). */
  #changed(keys: unknown): void {
    this.wake(Array.isArray(keys) ? keys.map(String) : [...this.#waiting.keys()])
  }

  #forget(list: string, stop: () => void): void {
    const waiting = this.#waiting.get(list)
    waiting?.delete(stop)
    if (waiting?.size === 0) this.#waiting.delete(list)
  }
}

/** After that time, or as soon as the signal aborts. */
function expired(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms).unref()
    const stop = () => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}
