import { close, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'
import { OperationalError } from '../exceptions.ts'

const sync = promisify(fdatasync)

/**
 * Brings what was committed with `synchronous = NORMAL` to the disk: that is the write-ahead log, and its syncing is all
 * that FULL does more (https://sqlite.org/pragma.html#pragma_synchronous). SQLite does it in the middle of a commit,
 * with the lock held and the program standing still; here nobody waits but who wants to know, and what was committed
 * while one sync ran shares the next one. SQLite locks its other files only, so that opening this one disturbs nothing.
 */
export class DiskSync {
  readonly #log: string
  #file: number | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #isClosed = false

  constructor(database: string) {
    this.#log = `${database}-wal`
  }

  /** Resolves when all that is committed now is on the disk. Rejects with OperationalError. */
  all(): Promise<void> {
    if (this.#running === undefined) return this.#begin()
    // The one that runs began before the last commit.
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    )
    return this.#next
  }

  close(): void {
    this.#isClosed = true
    if (this.#running === undefined) this.#closeFile()
  }

  #begin(): Promise<void> {
    this.#next = undefined
    this.#running = this.#sync().finally(() => {
      this.#running = undefined
      if (this.#isClosed && this.#next === undefined) this.#closeFile()
    })
    return this.#running
  }

  async #sync(): Promise<void> {
    try {
      this.#file ??= openSync(this.#log, 'r+')
      await sync(this.#file)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new OperationalError(
        `Nobody knows whether what was written to ${this.#log} is on the disk: ${reason}`,
        { cause },
      )
    }
  }

  #closeFile(): void {
    if (this.#file !== undefined) close(this.#file)
    this.#file = undefined
  }
}
