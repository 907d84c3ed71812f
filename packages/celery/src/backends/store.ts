/**
 * The seam below `key-value.ts`: all that a store must offer so that results can be kept in it. A driver is these
 * primitives and nothing else; what a result is, and which one may replace which, is written once above them.
 */
export interface KeyValueStore {
  /** Without its password. */
  readonly url: string

  /** The value, or undefined when there is none or it has expired. */
  get(key: string): Promise<string | undefined>

  /**
   * In one atomic step: if the value still is `expected` (undefined: there is none), writes the new one, to expire
   * after `ttlSeconds` (0: never), and tells the subscribers of the key. Returns whether it did.
   */
  replace(key: string, expected: string | undefined, value: string, ttlSeconds: number): Promise<boolean>

  delete(key: string): Promise<void>

  /** Every change of the key after `ready` has resolved reaches the subscriber, also over a lost connection. */
  subscribe(key: string, subscriber: Subscriber): Subscription

  /** Removes what has expired, where the store does not do so by itself; returns how many. */
  cleanup(): Promise<number>

  /** Every subscriber is told that it failed. Twice is fine. */
  close(): Promise<void>
}

export interface Subscriber {
  /** The new value; undefined where the store knows only that there may be one. */
  changed(value: string | undefined): void

  /** Nothing more will come. */
  failed(error: Error): void
}

export interface Subscription {
  readonly ready: Promise<void>

  /** Twice is fine, also before `ready`. */
  end(): void
}
