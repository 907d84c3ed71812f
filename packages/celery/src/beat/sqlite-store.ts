import type { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import type { SharedDatabase } from '@voice-pocket/kombu/sqlite'
import { ImproperlyConfigured, LeadershipLost } from '../exceptions.ts'
import type {
  Leadership,
  LeadOptions,
  ScheduleChanges,
  ScheduleState,
  ScheduleStore,
} from './schedule-store.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS celery_beat (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS celery_beat_leader (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
`

/** How often one that stands by tries again. */
const RETRY_MS = 250

/** SQLite's own code for a lock that somebody else has. */
const SQLITE_BUSY = 5

/**
 * The schedule in a SQLite file, for the processes of one machine. The leader holds a lock on `<file>.lock`, which the
 * operating system drops the instant the process ends, however it ends: no lease to wait for, and none to miss.
 */
export class SqliteScheduleStore implements ScheduleStore {
  readonly info: string
  readonly #path: string
  readonly #leaderships = new Set<SqliteLeadership>()

  constructor(path: string) {
    this.#path = path
    this.info = path
  }

  async lead({ name, signal, onStandby }: LeadOptions): Promise<Leadership> {
    const database = await open(this.#path)
    try {
      const lock = await this.#lock(signal, () => onStandby(leaderOf(database)))
      const leadership = new SqliteLeadership(database, lock, name)
      this.#leaderships.add(leadership)
      return leadership
    } catch (error) {
      database.close()
      throw error
    }
  }

  async close(): Promise<void> {
    for (const leadership of this.#leaderships) await leadership.release()
  }

  async #lock(signal: AbortSignal, onStandby: () => void): Promise<DatabaseSync> {
    let isWaiting = false
    for (;;) {
      signal.throwIfAborted()
      const lock = await tryLock(`${this.#path}.lock`)
      if (lock) return lock
      if (!isWaiting) onStandby()
      isWaiting = true
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

class SqliteLeadership implements Leadership {
  readonly lost: AbortSignal
  readonly #lost = new AbortController()
  readonly #database: SharedDatabase
  readonly #lock: DatabaseSync

  constructor(database: SharedDatabase, lock: DatabaseSync, name: string) {
    this.lost = this.#lost.signal
    this.#database = database
    this.#lock = lock
    const put = database.db.prepare('INSERT OR REPLACE INTO celery_beat_leader (id, name) VALUES (1, ?)')
    database.transaction(() => put.run(name))
  }

  async load(): Promise<ScheduleState> {
    const select = this.#database.db.prepare('SELECT key, value FROM celery_beat')
    const rows = this.#database.read(() => select.all())
    return new Map(rows.map(({ key, value }) => [String(key), String(value)]))
  }

  async save(changes: ScheduleChanges): Promise<void> {
    this.#assertInPlace()
    const put = this.#database.db.prepare('INSERT OR REPLACE INTO celery_beat (key, value) VALUES (?, ?)')
    const remove = this.#database.db.prepare('DELETE FROM celery_beat WHERE key = ?')
    this.#database.transaction(() => {
      for (const [key, value] of changes) value === undefined ? remove.run(key) : put.run(key, value)
    })
  }

  async release(): Promise<void> {
    this.#database.close()
    if (this.#lock.isOpen) this.#lock.close()
  }

  /** A file that was removed is no longer the one that others see; they have another lock as well. */
  #assertInPlace(): void {
    if (this.#database.isOpen && this.#database.isInPlace) return
    const error = new LeadershipLost(`The schedule ${this.#database.path} was removed or closed meanwhile.`)
    this.#lost.abort(error)
    throw error
  }
}

async function open(path: string): Promise<SharedDatabase> {
  const { openSharedDatabase } = await import('@voice-pocket/kombu/sqlite') // only who has such a schedule needs SQLite
  try {
    return openSharedDatabase(path, SCHEMA)
  } catch (cause) {
    throw new ImproperlyConfigured(
      `The schedule file ${path} cannot be used: ${(cause as Error).message}. One that Python's beat made is of ` +
        'another format: remove it, or name another file with -s or beatScheduleFilename.',
      { cause },
    )
  }
}

/** The one that leads, or led last. */
function leaderOf(database: SharedDatabase): string | undefined {
  const row = database.read(() => database.db.prepare('SELECT name FROM celery_beat_leader').get())
  return row && String(row.name)
}

/** Undefined while another process has it. The file stays: whoever removed it would let two have "the" lock. */
async function tryLock(file: string): Promise<DatabaseSync | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY') // nothing is ever written
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return undefined
    throw error
  }
}
