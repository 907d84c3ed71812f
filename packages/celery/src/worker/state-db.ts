import type { LamportClock } from '@voice-pocket/kombu'
import { openSharedDatabase, type SharedDatabase } from '@voice-pocket/kombu/sqlite'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { Limits } from './limited-set.ts'
import type { RevocationStore, Revocations } from './revocations.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS celery_revoked_task (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL -- milliseconds since the epoch
  );
  CREATE INDEX IF NOT EXISTS celery_revoked_task_at ON celery_revoked_task (at);
  CREATE TABLE IF NOT EXISTS celery_revoked_stamp (
    header TEXT NOT NULL,
    value TEXT NOT NULL, -- as JSON
    at INTEGER NOT NULL,
    PRIMARY KEY (header, value)
  );
  CREATE TABLE IF NOT EXISTS celery_worker_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
  );
`

/**
 * What a worker remembers over a restart: the tasks it must not run, and its logical clock. In Celery that is a file
 * which is written when the worker ends (`celery/worker/state.py`, Persistent); here a SQLite file that has each
 * revocation when the command is answered, so that a worker that is killed remembers it as well.
 */
export class StateDb implements RevocationStore {
  readonly #database: SharedDatabase
  readonly #limits: Limits
  readonly #logger: Logger
  readonly #clock: LamportClock

  /** @throws ImproperlyConfigured when the file cannot be used, or is something else */
  constructor(
    path: string,
    { limits, clock, logger }: { limits: Limits; clock: LamportClock; logger: Logger },
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#logger = logger
    try {
      this.#database = openSharedDatabase(path, SCHEMA)
    } catch (cause) {
      throw new ImproperlyConfigured(
        `The state of the worker cannot be kept in ${path}: ${(cause as Error).message}. ` +
          "A file that Python's worker made cannot be read: give 'workerStateDb' (or --statedb) another path.",
        { cause },
      )
    }
  }

  /** Gives what it remembers, and keeps what is revoked from now on. */
  load(revocations: Revocations): void {
    this.#purge()
    const { db } = this.#database
    const tasks = db.prepare('SELECT id, at FROM celery_revoked_task ORDER BY at').all()
    revocations.addAll(new Map(tasks.map(({ id, at }) => [String(id), Number(at)])))
    for (const { header, value, at } of db.prepare('SELECT * FROM celery_revoked_stamp ORDER BY at').all())
      revocations.addStamps(String(header), [JSON.parse(String(value))], Number(at))
    this.#clock.adjust(db.prepare('SELECT value FROM celery_worker_clock').get()?.value ?? 0)
    revocations.keepIn(this)
  }

  keepTasks(times: ReadonlyMap<string, number>): void {
    this.#write((db) => {
      const put = db.prepare('INSERT OR REPLACE INTO celery_revoked_task (id, at) VALUES (?, ?)')
      for (const [id, at] of times) put.run(id, Math.round(at))
    })
  }

  keepStamps(header: string, values: readonly unknown[], at: number): void {
    this.#write((db) => {
      const put = db.prepare(
        'INSERT OR REPLACE INTO celery_revoked_stamp (header, value, at) VALUES (?, ?, ?)',
      )
      for (const value of values) put.run(header, JSON.stringify(value), Math.round(at))
    })
  }

  /** Twice is fine. */
  close(revocations: Revocations): void {
    revocations.keepIn(undefined)
    if (!this.#database.isOpen) return
    this.#write(() => {})
    this.#database.close()
  }

  #purge(): void {
    const oldest = Date.now() - this.#limits.expiresMs
    this.#database.transaction(() => {
      for (const table of ['celery_revoked_task', 'celery_revoked_stamp'])
        this.#database.db.prepare(`DELETE FROM ${table} WHERE at <= ?`).run(oldest)
    })
  }

  /** The worker heeds a revocation also when the disk is full: that it will not survive is for the log. */
  #write(change: (db: SharedDatabase['db']) => void): void {
    try {
      this.#database.transaction(() => {
        const { db } = this.#database
        change(db)
        db.prepare('INSERT OR REPLACE INTO celery_worker_clock (id, value) VALUES (1, ?)').run(
          this.#clock.value,
        )
        // No row is that far back: then the comparison is with NULL, and nothing goes.
        db.prepare(
          'DELETE FROM celery_revoked_task WHERE at <= (SELECT at FROM celery_revoked_task ORDER BY at DESC LIMIT 1 OFFSET ?)',
        ).run(this.#limits.most)
      })
    } catch (error) {
      this.#logger.error({ err: error }, `What was revoked could not be written to ${this.#database.path}`)
    }
  }
}
