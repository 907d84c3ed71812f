import { openSharedDatabase, type SharedDatabase } from '@voice-pocket/kombu/sqlite'
import { BackendError } from '../exceptions.ts'
import type { CountingStore, Gathered, GatherKeys, Replaced, Subscriber, Subscription } from './store.ts'
import { Subscribers } from './subscribers.ts'
import { TurnBatch } from './turn-batch.ts'

interface Replacement {
  readonly key: string
  readonly expected: string | undefined
  readonly value: string
  readonly ttlSeconds: number
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS celery_result (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    expires_at INTEGER -- milliseconds since the epoch; NULL: never
  );
  CREATE INDEX IF NOT EXISTS celery_result_expires_at ON celery_result (expires_at);
  CREATE TABLE IF NOT EXISTS celery_collection (
    key TEXT NOT NULL,
    member TEXT NOT NULL,
    position REAL NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (key, member)
  );
  CREATE INDEX IF NOT EXISTS celery_collection_expires_at ON celery_collection (expires_at);
`

/** Results in one SQLite file that several processes share: what is written here wakes those who wait there. */
export class SqliteStore implements CountingStore {
  readonly url: string
  readonly #database: SharedDatabase
  readonly #statements: Statements
  readonly #subscribers = new Subscribers()
  /** Those of one moment are committed together. */
  readonly #replacements = new TurnBatch((all: readonly Replacement[]) => this.#replaceAll(all))

  constructor(path: string) {
    this.#database = openSharedDatabase(path, SCHEMA)
    this.url = `sqlite:///${this.#database.path}`
    this.#statements = prepare(this.#database)
    this.#removeExpired() // a program without a beat would never do it
  }

  async get(key: string): Promise<string | undefined> {
    this.#assertOpen()
    return this.#read(key)
  }

  async replace(
    key: string,
    expected: string | undefined,
    value: string,
    ttlSeconds: number,
  ): Promise<Replaced> {
    this.#assertOpen()
    return this.#replacements.add({ key, expected, value, ttlSeconds })
  }

  async put(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#assertOpen()
    this.#database.transaction(() => this.#statements.put.run(key, value, expiry(ttlSeconds)))
    this.#database.ring(key)
  }

  async increment(key: string, by: number): Promise<void> {
    this.#assertOpen()
    this.#database.transaction(() => this.#statements.increment.run({ key, by }))
  }

  async gather(
    { parts, added, size }: GatherKeys,
    member: string,
    position: number,
    ttlSeconds: number,
  ): Promise<Gathered> {
    this.#assertOpen()
    const { collect, count, keepCollection, keep } = this.#statements
    const expiresAt = expiry(ttlSeconds)
    return this.#database.transaction(() => {
      collect.run(parts, member, position, expiresAt)
      if (expiresAt !== null) {
        keepCollection.run(expiresAt, parts)
        for (const key of [added, size]) keep.run(expiresAt, key)
      }
      return { count: Number(count.get(parts)?.count), added: this.#read(added), size: this.#read(size) }
    })
  }

  async gathered(key: string): Promise<readonly string[]> {
    this.#assertOpen()
    return this.#statements.members.all(key, Date.now()).map(({ member }) => String(member))
  }

  async delete(...keys: readonly string[]): Promise<void> {
    this.#assertOpen()
    this.#database.transaction(() => {
      for (const key of keys) {
        this.#statements.delete.run(key)
        this.#statements.deleteCollection.run(key)
      }
    })
  }

  subscribe(key: string, subscriber: Subscriber): Subscription {
    if (!this.#database.isOpen) return { ready: Promise.reject(this.#closedError()), end() {} }
    const forget = this.#subscribers.add(key, subscriber)
    const stopListening = this.#database.listen([key], () => subscriber.changed(undefined))
    const end = () => {
      forget()
      stopListening()
    }
    return { ready: Promise.resolve(), end } // it has listened since the call above
  }

  async cleanup(): Promise<number> {
    this.#assertOpen()
    return this.#removeExpired()
  }

  async close(): Promise<void> {
    this.#subscribers.failAll(this.#closedError())
    this.#database.close()
  }

  async #replaceAll(replacements: readonly Replacement[]): Promise<readonly Replaced[]> {
    this.#assertOpen()
    const replaced = await this.#database.durableTransaction(() =>
      replacements.map((each) => this.#replace(each)),
    )
    if (!this.#database.isOpen) return replaced // closed meanwhile
    for (const [at, { isWritten }] of replaced.entries())
      if (isWritten) this.#database.ring((replacements[at] as Replacement).key)
    return replaced
  }

  #replace({ key, expected, value, ttlSeconds }: Replacement): Replaced {
    const found = this.#read(key)
    if (found !== expected) return { isWritten: false, found }
    this.#statements.put.run(key, value, expiry(ttlSeconds))
    return { isWritten: true }
  }

  #read(key: string): string | undefined {
    const value = this.#statements.get.get(key, Date.now())?.value
    return typeof value === 'string' ? value : undefined
  }

  #removeExpired(): number {
    const { deleteExpired, deleteExpiredCollections } = this.#statements
    return this.#database.transaction(() => {
      deleteExpiredCollections.run(Date.now())
      return Number(deleteExpired.run(Date.now()).changes)
    })
  }

  #assertOpen(): void {
    if (!this.#database.isOpen) throw this.#closedError()
  }

  #closedError(): BackendError {
    return new BackendError(`The result backend ${this.url} is closed; open another one.`)
  }
}

type Statements = ReturnType<typeof prepare>

function prepare({ db }: SharedDatabase) {
  return {
    get: db.prepare(
      'SELECT value FROM celery_result WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)',
    ),
    put: db.prepare('INSERT OR REPLACE INTO celery_result (key, value, expires_at) VALUES (?, ?, ?)'),
    delete: db.prepare('DELETE FROM celery_result WHERE key = ?'),
    deleteExpired: db.prepare('DELETE FROM celery_result WHERE expires_at <= ?'),
    keep: db.prepare('UPDATE celery_result SET expires_at = ? WHERE key = ?'),
    increment: db.prepare(
      `INSERT INTO celery_result (key, value) VALUES (:key, :by)
       ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + :by`,
    ),
    collect: db.prepare(
      'INSERT OR REPLACE INTO celery_collection (key, member, position, expires_at) VALUES (?, ?, ?, ?)',
    ),
    keepCollection: db.prepare('UPDATE celery_collection SET expires_at = ? WHERE key = ?'),
    count: db.prepare('SELECT count(*) AS count FROM celery_collection WHERE key = ?'),
    members: db.prepare(
      `SELECT member FROM celery_collection WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)
       ORDER BY position, member`,
    ),
    deleteCollection: db.prepare('DELETE FROM celery_collection WHERE key = ?'),
    deleteExpiredCollections: db.prepare('DELETE FROM celery_collection WHERE expires_at <= ?'),
  }
}

/** Milliseconds since the epoch; null means never. */
function expiry(ttlSeconds: number): number | null {
  return ttlSeconds === 0 ? null : Date.now() + ttlSeconds * 1000
}
