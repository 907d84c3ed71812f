import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long one may wait for the others, in milliseconds; each holds the lock for the moment of a write. */
const PATIENCE_MS = 20_000

/**
 * Lets one process at a time change the files of a folder. The lock is SQLite's on an empty database there: the
 * operating system drops it the instant its process dies, so nobody ever has to guess whether one is left over.
 */
export class FolderLock {
  readonly #database: DatabaseSync

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, '.celery-lock'), { timeout: PATIENCE_MS })
    // Nothing is ever written, so no journal file need lie beside it.
    this.#database.exec('PRAGMA journal_mode = MEMORY')
  }

  hold<T>(change: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      return change()
    } finally {
      this.#database.exec('ROLLBACK')
    }
  }

  close(): void {
    this.#database.close()
  }
}
