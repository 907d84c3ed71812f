import type { DatabaseSync } from 'node:sqlite'

/**
 * Who is there: the connections that hold messages, their consumers, and the queues that end with either or
 * for want of use. Call the writing ones in a transaction; they return the queues that changed by it.
 */
export class Presence {
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db)
  }

  /** Every connection that has something, whether it is registered or was struck off while it lived. */
  holders(): string[] {
    return this.#statements.holders.all().map((row) => String(row.id))
  }

  isRegistered(holder: string): boolean {
    return this.#statements.isRegistered.get(holder) !== undefined
  }

  addHolder(id: string): void {
    this.#statements.addHolder.run(id)
  }

  addConsumer(queue: string, tag: string, holder: string): void {
    this.#statements.addConsumer.run(queue, tag, holder)
  }

  removeConsumer(queue: string, tag: string, now: number): void {
    this.#statements.removeConsumer.run(queue, tag)
    this.#statements.touch.run(now, queue)
  }

  consumerCount(queue: string): number {
    return Number(this.#statements.consumerCount.get(queue)?.n)
  }

  /** What AMQP does when a connection ends: exclusive queues go, and auto-delete queues left without a consumer. */
  endOf(holder: string, now: number): string[] {
    const left = queuesOf(this.#statements.removeConsumersOf.all(holder))
    for (const queue of left) this.#statements.touch.run(now, queue)
    this.#statements.removeHolder.run(holder)
    const abandoned = left.flatMap((queue) => queuesOf(this.#statements.deleteAbandoned.all(queue)))
    return [...queuesOf(this.#statements.deleteOwned.all(holder)), ...abandoned]
  }

  /** Whether the time of a queue with `x-expires` is over, or the queue gone. */
  isOver(queue: string, now: number): boolean {
    return this.#statements.isInUse.get(queue, now) === undefined
  }

  touch(queue: string, now: number): void {
    this.#statements.touch.run(now, queue)
  }

  hasUnused(now: number): boolean {
    return this.#statements.hasUnused.get(now) !== undefined
  }

  deleteUnused(now: number): string[] {
    return queuesOf(this.#statements.deleteUnused.all(now))
  }
}

function queuesOf(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map((row) => String(row.queue))
}

const NO_CONSUMER = 'NOT EXISTS (SELECT 1 FROM broker_consumer WHERE queue = name)'
const UNUSED = `used_at + expires_after <= ? AND ${NO_CONSUMER}`

function prepare(db: DatabaseSync) {
  return {
    holders: db.prepare(
      `SELECT id FROM broker_holder
       UNION SELECT holder FROM broker_message WHERE holder IS NOT NULL
       UNION SELECT holder FROM broker_consumer`,
    ),
    isRegistered: db.prepare('SELECT 1 FROM broker_holder WHERE id = ?'),
    addHolder: db.prepare('INSERT INTO broker_holder (id) VALUES (?)'),
    removeHolder: db.prepare('DELETE FROM broker_holder WHERE id = ?'),
    addConsumer: db.prepare(
      `INSERT INTO broker_consumer (queue, tag, holder) VALUES (?, ?, ?)
       ON CONFLICT (queue, tag) DO UPDATE SET holder = excluded.holder`,
    ),
    removeConsumer: db.prepare('DELETE FROM broker_consumer WHERE queue = ? AND tag = ?'),
    removeConsumersOf: db.prepare('DELETE FROM broker_consumer WHERE holder = ? RETURNING queue'),
    consumerCount: db.prepare('SELECT count(*) AS n FROM broker_consumer WHERE queue = ?'),
    deleteOwned: db.prepare('DELETE FROM broker_queue WHERE owner = ? RETURNING name AS queue'),
    deleteAbandoned: db.prepare(
      `DELETE FROM broker_queue WHERE name = ? AND auto_delete AND ${NO_CONSUMER} RETURNING name AS queue`,
    ),
    isInUse: db.prepare(`SELECT 1 FROM broker_queue WHERE name = ? AND NOT (${UNUSED})`),
    touch: db.prepare('UPDATE broker_queue SET used_at = ? WHERE name = ? AND expires_after IS NOT NULL'),
    hasUnused: db.prepare(`SELECT 1 FROM broker_queue WHERE ${UNUSED} LIMIT 1`),
    deleteUnused: db.prepare(`DELETE FROM broker_queue WHERE ${UNUSED} RETURNING name AS queue`),
  }
}
