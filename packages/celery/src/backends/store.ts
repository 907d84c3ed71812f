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
   * after `ttlSeconds` (0: never), and tells the subscribers of the key.
   */
  replace(key: string, expected: string | undefined, value: string, ttlSeconds: number): Promise<Replaced>

  /** Writes the value whatever there was before, to expire after `ttlSeconds` (0: never), and tells the subscribers. */
  put(key: string, value: string, ttlSeconds: number): Promise<void>

  delete(...keys: readonly string[]): Promise<void>

  /** Every change of the key after `ready` has resolved reaches the subscriber, also over a lost connection. */
  subscribe(key: string, subscriber: Subscriber): Subscription

  /** Removes what has expired, where the store does not do so by itself; returns how many. */
  cleanup(): Promise<number>

  /** Every subscriber is told that it failed. Twice is fine. */
  close(): Promise<void>
}

/** What came of a `replace`: it was written, or something else was found. */
export type Replaced =
  | { readonly isWritten: true }
  | { readonly isWritten: false; readonly found: string | undefined }

/** What a store offers beyond that, so that workers can count the parts of chords in it; `delete` takes collections too. */
export interface CountingStore extends KeyValueStore {
  /** Adds to the number under the key, which is 0 when there is none. */
  increment(key: string, by: number): Promise<void>

  /**
   * In one atomic step: puts a member in the collection `parts`, where the same member is never twice, lets all three
   * keys expire after `ttlSeconds` from now (0: as before), and returns how many members there are and what is under
   * the other two keys.
   */
  gather(keys: GatherKeys, member: string, position: number, ttlSeconds: number): Promise<Gathered>

  /** The members of a collection by their positions, in alphabetical order where those are equal. */
  gathered(key: string): Promise<readonly string[]>
}

export interface GatherKeys {
  readonly parts: string
  readonly added: string
  readonly size: string
}

export interface Gathered {
  readonly count: number
  readonly added: string | undefined
  readonly size: string | undefined
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
