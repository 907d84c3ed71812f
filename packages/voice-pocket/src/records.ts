/**
 * What the service remembers besides sound: keys, voices, grants, quotas. Small documents that every process of the
 * service reads and changes at the same time; nobody's change is lost, over five primitives of a store.
 */
import { RecordsUnavailableError } from './exceptions.ts'

/** A document as it was when it was read. */
export interface StoredRecord {
  readonly key: string
  readonly value: unknown
  /** Changes with every write, and is never used again for this key. */
  readonly version: string
}

/** What a driver writes: sqlite.ts keeps it in tables, redis.ts in keys. Values are JSON. */
export interface RecordStore {
  get(key: string): Promise<StoredRecord | undefined>
  /**
   * In one atomic step: writes, or with `undefined` deletes, if the record still has this version (`undefined`: if
   * there is none). `false` when somebody was faster, and nothing changed.
   */
  swap(key: string, version: string | undefined, value: unknown): Promise<boolean>
  /** Those whose keys begin so, in the order of their keys. */
  list(prefix: string): Promise<StoredRecord[]>
  /** In one atomic step: adds to a counter. It begins at 0 with the first use, and again `windowMs` later. */
  count(key: string, by: number, windowMs: number): Promise<Count>
  /** In one atomic step: the same, unless the counter would then be above `limit`; it stays as it is in that case. */
  countUpTo(key: string, by: number, windowMs: number, limit: number): Promise<BoundedCount>
  /** In one atomic step: takes from a counter, though not below 0. Resolves with what is left there. */
  uncount(key: string, by: number): Promise<number>
  /** Adds to the end of a log, of which the newest `keep` entries stay. */
  append(key: string, entry: unknown, keep: number): Promise<void>
  /** Newest first. */
  entries(key: string, limit: number): Promise<unknown[]>
  /** Deletes a log. */
  erase(key: string): Promise<void>
  /** Milliseconds since the epoch by the one clock that all processes share: the server's, or the machine's. */
  now(): Promise<number>
  close(): Promise<void>
}

export interface Count {
  /** With what was just added. */
  readonly total: number
  readonly resetsInMs: number
}

export interface BoundedCount extends Count {
  /** Whether it was added. */
  readonly counted: boolean
}

/** Each try means that somebody else succeeded in between, so this many in a row are no ordinary contention. */
const MAX_TRIES = 100

export class Records {
  readonly #store: RecordStore

  constructor(store: RecordStore) {
    this.#store = store
  }

  async get(key: string): Promise<unknown> {
    return (await this.#store.get(key))?.value
  }

  /** Only if the key is free. Of several who try at once, one gets `true`; for the others nothing changed. */
  create(key: string, value: unknown): Promise<boolean> {
    return this.#store.swap(key, undefined, value)
  }

  /**
   * Writes what `change` makes of the present value; `undefined` stands for "is not there", both ways. `change` is
   * called again when somebody else was faster, and nothing is written when it throws. Resolves with the new value.
   */
  async update<Value>(key: string, change: (value: unknown) => Value): Promise<Value> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
      const record = await this.#store.get(key)
      const value = change(record?.value)
      if (record === undefined && value === undefined) return value
      if (await this.#store.swap(key, record?.version, value)) return value
    }
    throw new RecordsUnavailableError(
      `${key} was changed by others ${MAX_TRIES} times in a row; try again later.`,
    )
  }

  /** What was there, `undefined` when nothing was. */
  async delete(key: string): Promise<unknown> {
    let deleted: unknown
    await this.update(key, (value) => {
      deleted = value
      return undefined
    })
    return deleted
  }

  list(prefix: string): Promise<StoredRecord[]> {
    return this.#store.list(prefix)
  }

  count(key: string, by: number, windowMs: number): Promise<Count> {
    return this.#store.count(key, by, windowMs)
  }

  countUpTo(key: string, by: number, windowMs: number, limit: number): Promise<BoundedCount> {
    return this.#store.countUpTo(key, by, windowMs, limit)
  }

  uncount(key: string, by: number): Promise<number> {
    return this.#store.uncount(key, by)
  }

  append(key: string, entry: unknown, keep: number): Promise<void> {
    return this.#store.append(key, entry, keep)
  }

  entries(key: string, limit: number): Promise<unknown[]> {
    return this.#store.entries(key, limit)
  }

  erase(key: string): Promise<void> {
    return this.#store.erase(key)
  }

  /** What processes compare times by: their own clocks differ. Milliseconds since the epoch. */
  now(): Promise<number> {
    return this.#store.now()
  }

  /** Twice is fine. */
  close(): Promise<void> {
    return this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

export interface RecordsOptions {
  /** A connection was lost; the driver makes a new one by itself. */
  onConnectionError(error: Error): void
}

/** Resolves when the store answers. `url` is one of the index's kinds: `sqlite:` or `redis:`. */
export async function openRecords(url: string, options: RecordsOptions): Promise<Records> {
  if (/^rediss?:/i.test(url)) {
    const { RedisRecordStore } = await import('./records/redis.ts')
    return new Records(await RedisRecordStore.open(url, options))
  }
  const { SqliteRecordStore } = await import('./records/sqlite.ts')
  return new Records(new SqliteRecordStore(url))
}
