import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { asOperationalError, isBusy } from './failure.ts'

/**
 * The sign that one connection lives: an exclusive lock, kept for its whole life, on a tiny file of its own
 * beside the database. The operating system drops the lock the instant the process ends, however it ends, so
 * whoever can take the lock knows that its holder is dead. No leases and no clocks: a process that is merely
 * busy, stopped in a debugger or asleep with its laptop keeps what it holds.
 *
 * Never open such a file with node:fs: closing any descriptor of it drops the POSIX locks of the whole
 * process (https://sqlite.org/howtocorrupt.html, 2.2). SQLite's own connections know about each other.
 */
export class Holder {
  readonly id: string
  readonly #file: string
  readonly #lock: DatabaseSync

  /**
   * Takes the lock of a holder: of a new one to be it, of another's to learn whether it is dead. Undefined
   * while somebody else has it.
   */
  static lock(database: string, id: string): Holder | undefined {
    mkdirSync(folderOf(database), { recursive: true })
    const file = join(folderOf(database), id)
    const lock = new DatabaseSync(file, { timeout: 0 })
    try {
      // Nothing is ever written, so no journal file need lie beside it.
      lock.exec('PRAGMA journal_mode = MEMORY')
      lock.exec('BEGIN EXCLUSIVE')
      return new Holder(id, file, lock)
    } catch (error) {
      lock.close()
      if (isBusy(error)) return undefined
      throw asOperationalError(error, file)
    }
  }

  /** Every lock file there is, of the living and of the dead. */
  static idsOf(database: string): string[] {
    return readdirSync(folderOf(database))
  }

  private constructor(id: string, file: string, lock: DatabaseSync) {
    this.id = id
    this.#file = file
    this.#lock = lock
  }

  /** Gives up the lock and removes the file. Twice is fine. */
  release(): void {
    if (!this.#lock.isOpen) return
    this.#lock.close()
    rmSync(this.#file, { force: true })
  }
}

function folderOf(database: string): string {
  return `${database}.holders`
}
