import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperationalError } from '../exceptions.ts'
import { DiskSync } from './disk-sync.ts'
import { Doorbell } from './doorbell.ts'
import { asOperationalError, isBusy } from './failure.ts'

/** Kept in `PRAGMA user_version`. Raise it when a table changes so that an older release would misread it. */
const FORMAT = 1

/** For statements outside `transaction` and `read`. */
const BUSY_TIMEOUT_MS = 5_000

/**
 * The longest pause before the write lock is tried again. SQLite's own busy handler backs off to 100 ms and so
 * starves some: with eight processes writing without a pause it kept one waiting for a second, this for 50 ms.
 */
const RETRY_PAUSE_MS = 1.5

/** After this long the lock is not contention but somebody's forgotten transaction: say so instead of hanging. */
const LOCK_DEADLINE_MS = 60_000

/** Latency where the file system gives no notifications (some mounts of virtual machines do not). */
const WAIT_FALLBACK_MS = 2_000

/**
 * Messages and results are for those who may use the queue, so what is new here is for its owner and their group alone,
 * less what the umask takes away. SQLite gives its log the permissions of the database.
 */
const OURS_ALONE = { file: 0o660, folder: 0o770 }

/**
 * Opens the database that several processes (and threads) share, making the file and its folder when they
 * are missing. `schema` runs once per opening and must be repeatable (`CREATE TABLE IF NOT EXISTS`): several
 * parts of a program may keep their own tables in one file. Throws OperationalError when the file is unusable.
 */
export function openSharedDatabase(path: string, schema: string): SharedDatabase {
  const file = resolve(path)
  const shared = new SharedDatabase(file, openFile(file))
  try {
    retryBusy(file, () => configure(shared.db, file))
    shared.transaction(() => {
      checkFormat(shared.db, file)
      shared.db.exec(schema)
    })
    return shared
  } catch (error) {
    shared.close()
    throw error
  }
}

function openFile(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: OURS_ALONE.folder })
  } catch (cause) {
    throw new OperationalError(
      `The folder of the database ${file} cannot be made; make it, or name another path`,
      { cause },
    )
  }
  makeFile(file)
  try {
    return new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  } catch (error) {
    throw asOperationalError(error, file)
  }
}

/** It may be there already; where it cannot be made, SQLite says next what is wrong. */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', OURS_ALONE.file))
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
  }
}

/**
 * WAL, so that readers never wait for the writer nor the writer for readers. With `synchronous = FULL` a
 * commit is on the disk when it returns: neither `kill -9` nor a power cut takes it back (if the disk tells
 * the truth about fsync). NORMAL would survive `kill -9` as well, but a power cut could lose the last
 * seconds, and a queue that said "I have it" must have it. https://sqlite.org/pragma.html#pragma_synchronous
 */
function configure(db: DatabaseSync, file: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode
  if (mode !== 'wal') {
    throw new OperationalError(
      `The database ${file} cannot be shared: its file system has no shared memory (WAL); put it on a local disk`,
    )
  }
  db.exec('PRAGMA synchronous = FULL')
}

function checkFormat(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  if (version > FORMAT) {
    throw new OperationalError(
      `The database ${file} has format ${version}, this release knows ${FORMAT}; upgrade this program, or name another path`,
    )
  }
  if (version < FORMAT) db.exec(`PRAGMA user_version = ${FORMAT}`)
}

function retryBusy<T>(file: string, attempt: () => T): T {
  const deadline = performance.now() + LOCK_DEADLINE_MS
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw asOperationalError(error, file)
      pause(Math.random() * RETRY_PAUSE_MS)
    }
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/**
 * One connection to a database file that other processes use at the same time. It
 * 1. runs short write transactions one after the other across processes, waiting for its turn,
 * 2. carries wake-ups between processes, by topic, so that nobody has to poll.
 *
 * `node:sqlite` is synchronous: keep transactions to milliseconds, and prepare statements once.
 */
export class SharedDatabase {
  readonly path: string
  readonly db: DatabaseSync
  readonly #doorbell: Doorbell
  readonly #disk: DiskSync
  readonly #inode: number
  /** What ends each `listen`. */
  readonly #listening = new Set<() => void>()

  constructor(path: string, db: DatabaseSync) {
    this.path = path
    this.db = db
    this.#inode = statSync(path).ino
    this.#doorbell = Doorbell.of(path)
    this.#disk = new DiskSync(path)
  }

  get isOpen(): boolean {
    return this.db.isOpen
  }

  /** False once the file was removed or replaced: what is written here then, nobody else will ever see. */
  get isInPlace(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino === this.#inode
  }

  /** A look into the tables; what goes wrong with the file becomes an OperationalError. */
  read<T>(fn: () => T): T {
    return retryBusy(this.path, fn)
  }

  /** Commits what `fn` did, or nothing if it throws. A transaction inside one joins it. */
  transaction<T>(fn: () => T): T {
    if (this.db.isTransaction) return fn()
    this.#begin()
    try {
      const result = fn()
      this.db.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk or an I/O error has rolled back already.
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      throw asOperationalError(error, this.path)
    }
  }

  /** A `transaction` that others see at once and that waits for no disk: `kill -9` leaves it, a power cut may not. */
  quickTransaction<T>(fn: () => T): T {
    if (this.db.isTransaction) return fn()
    this.db.exec('PRAGMA synchronous = NORMAL')
    try {
      return this.transaction(fn)
    } finally {
      this.db.exec('PRAGMA synchronous = FULL')
    }
  }

  /** A `transaction` that is on the disk when the promise resolves; the program, and other writers, go on meanwhile. */
  async durableTransaction<T>(fn: () => T): Promise<T> {
    const result = this.quickTransaction(fn)
    await this.synced()
    return result
  }

  /** Resolves when all that was committed so far is on the disk. Rejects with OperationalError. */
  synced(): Promise<void> {
    return this.#disk.all()
  }

  /** IMMEDIATE: a read lock upgraded later fails at once when somebody else wrote in between. */
  #begin(): void {
    this.db.exec('PRAGMA busy_timeout = 0')
    try {
      retryBusy(this.path, () => this.db.exec('BEGIN IMMEDIATE'))
    } finally {
      this.db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    }
  }

  /** After a commit: wakes everybody, in every process, who waits for this topic. */
  ring(topic: string): void {
    this.#doorbell.ring(topic)
  }

  /**
   * Resolves when one of the topics is rung, after `fallbackMs`, or when the signal aborts. It listens from
   * the moment of the call: look into the tables and call it in the same turn, and nothing is missed.
   */
  wait(topics: readonly string[], signal: AbortSignal, fallbackMs = WAIT_FALLBACK_MS): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        stopListening()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, fallbackMs)
      const stopListening = this.#doorbell.listen(topics, done)
      signal.addEventListener('abort', done)
    })
  }

  /**
   * Calls the listener when one of the topics is rung, and every `fallbackMs`, until the function it returns is called
   * or the database is closed.
   */
  listen(topics: readonly string[], listener: () => void, fallbackMs = WAIT_FALLBACK_MS): () => void {
    const timer = setInterval(listener, fallbackMs)
    const stopHearing = this.#doorbell.listen(topics, listener)
    const stop = (): void => {
      clearInterval(timer)
      stopHearing()
      this.#listening.delete(stop)
    }
    this.#listening.add(stop)
    return stop
  }

  /** Calls the listener at every ring of any topic, until the function it returns is called. */
  onRing(listener: () => void): () => void {
    return this.#doorbell.listenToAll(listener)
  }

  /** Twice is fine. */
  close(): void {
    if (!this.db.isOpen) return
    for (const stop of this.#listening) stop()
    this.#doorbell.release()
    this.#disk.close()
    this.db.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
