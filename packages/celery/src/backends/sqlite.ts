import { openSharedDatabase, type SharedDatabase } from '@voice-pocket/kombu/sqlite'
import { BackendError } from '../exceptions.ts'
import type { KeyValueStore, Subscriber, Subscription } from './store.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS celery_result (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    expires_at INTEGER -- milliseconds since the epoch; NULL: never
  );
  CREATE INDEX IF NOT EXISTS celery_result_expires_at ON celery_result (expires_at);
`

/** Results in one SQLite file that several processes share: what is written here wakes those who wait there. */
export class SqliteStore implements KeyValueStore {
  readonly url: string
  readonly #database: SharedDatabase
  readonly #statements: Statements
  readonly #subscriptions = new Map<AbortController, Subscriber>()

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
  ): Promise<boolean> {
    this.#assertOpen()
    const replaced = this.#database.transaction(() => {
      if (this.#read(key) !== expected) return false
      this.#statements.put.run(key, value, ttlSeconds === 0 ? null : Date.now() + ttlSeconds * 1000)
      return true
    })
    if (replaced) this.#database.ring(key)
    return replaced
  }

  async delete(key: string): Promise<void> {
    this.#assertOpen()
    this.#database.transaction(() => this.#statements.delete.run(key))
  }

  subscribe(key: string, subscriber: Subscriber): Subscription {
    if (!this.#database.isOpen) return { ready: Promise.reject(this.#closedError()), end() {} }
    const ended = new AbortController()
    this.#subscriptions.set(ended, subscriber)
    const listening = this.#listen(key, subscriber, ended.signal)
    listening.catch((error: Error) => subscriber.failed(error))
    return {
      ready: Promise.resolve(), // it has listened since the call above
      end: () => {
        this.#subscriptions.delete(ended)
        ended.abort()
      },
    }
  }

  async cleanup(): Promise<number> {
    this.#assertOpen()
    return this.#removeExpired()
  }

  async close(): Promise<void> {
    for (const [ended, subscriber] of this.#subscriptions) {
      ended.abort()
      subscriber.failed(this.#closedError())
    }
    this.#subscriptions.clear()
    this.#database.close()
  }

  async #listen(key: string, subscriber: Subscriber, ended: AbortSignal): Promise<void> {
    let rung = this.#database.wait([key], ended)
    for (;;) {
      await rung
      if (ended.aborted) return
      rung = this.#database.wait([key], ended) // before anybody reads, so that no ring is missed
      subscriber.changed(undefined)
    }
  }

  #read(key: string): string | undefined {
    const value = this.#statements.get.get(key, Date.now())?.value
    return typeof value === 'string' ? value : undefined
  }

  #removeExpired(): number {
    return this.#database.transaction(() => Number(this.#statements.deleteExpired.run(Date.now()).changes))
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
  }
}
