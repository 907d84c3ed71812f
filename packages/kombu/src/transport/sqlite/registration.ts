import { randomUUID } from 'node:crypto'
import { OperationalError } from '../../exceptions.ts'
import { Holder, type SharedDatabase } from '../../sqlite/index.ts'
import type { Messages } from './messages.ts'
import type { Presence } from './presence.ts'

/** The tables that a connection appears in. */
interface Tables {
  readonly presence: Presence
  readonly messages: Messages
}

/**
 * That this connection lives, for the others, and which of the others do not, for this one. A connection is a
 * row and a locked file of the same name (see Holder). When it ends, by itself or found dead by another, what
 * it held goes back to the queues, and its exclusive queues, consumers and row go away in the same transaction.
 */
export class Registration {
  readonly id: string
  readonly #database: SharedDatabase
  readonly #tables: Tables
  readonly #holder: Holder

  static make(database: SharedDatabase, tables: Tables): Registration {
    // In a transaction, so that nobody takes the file for a left-over before its row is there.
    return database.transaction(() => {
      const id = randomUUID()
      const holder = Holder.lock(database.path, id)
      if (!holder)
        throw new OperationalError(`The lock file ${id} of ${database.path} is taken; connect again`)
      tables.presence.addHolder(id)
      return new Registration(database, tables, holder)
    })
  }

  private constructor(database: SharedDatabase, tables: Tables, holder: Holder) {
    this.id = holder.id
    this.#database = database
    this.#tables = tables
    this.#holder = holder
  }

  /** A connection whose files were taken away under it can only end: the others no longer reckon with it. */
  assertAlive(): void {
    if (!this.#database.isInPlace) {
      throw new OperationalError(`The database ${this.#database.path} was removed or replaced; connect again`)
    }
    if (!this.#tables.presence.isRegistered(this.id)) {
      throw new OperationalError(
        `Others took this connection to ${this.#database.path} for dead: its lock file was removed; ` +
          'leave the .holders folder alone while programs run, and connect again',
      )
    }
  }

  /** Returns the queues that have something again, or are no more. */
  buryTheDead(now: number): string[] {
    const others = this.#tables.presence.holders().filter((id) => id !== this.id)
    return others.flatMap((id) => {
      const dead = Holder.lock(this.#database.path, id)
      if (!dead) return []
      try {
        return this.#database.transaction(() => this.#endOf(id, now))
      } finally {
        dead.release()
      }
    })
  }

  /** A process killed between making its file and committing its row leaves a file that nobody asks for. */
  removeLeftOvers(): void {
    const registered = new Set(this.#tables.presence.holders())
    const strangers = Holder.idsOf(this.#database.path).filter((id) => !registered.has(id))
    if (strangers.length === 0) return
    this.#database.transaction(() => {
      for (const id of strangers) {
        if (!this.#tables.presence.isRegistered(id)) Holder.lock(this.#database.path, id)?.release()
      }
    })
  }

  /** Returns the queues that have something again, or are no more. */
  end(now: number): string[] {
    try {
      return this.#database.transaction(() => this.#endOf(this.id, now))
    } finally {
      this.#holder.release()
    }
  }

  #endOf(id: string, now: number): string[] {
    return [...this.#tables.messages.requeueAll(id), ...this.#tables.presence.endOf(id, now)]
  }
}
