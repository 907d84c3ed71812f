import type { DatabaseSync } from 'node:sqlite'
import type { Claim, StoredMessage } from '../virtual/store.ts'

interface ClaimedRow {
  readonly id: number
  readonly deliveries: number
  readonly priority: number
  readonly envelope: string
}

/**
 * The messages and the ledger of who holds which. A tag is the message's id and how often it was delivered,
 * so that settling an earlier delivery of the same message does nothing. Call the writing ones in a transaction.
 */
export class Messages {
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db)
  }

  put(messages: readonly StoredMessage[]): void {
    for (const { queue, priority, expiresAt, envelope } of messages) {
      this.#statements.put.run({ queue, priority, expiresAt: expiresAt ?? null, envelope })
    }
  }

  /** Whether a claim would find something: a read, so that those who woke up for nothing disturb nobody. */
  isReady(queue: string, now: number): boolean {
    return this.#statements.isReady.get(queue, now) !== undefined
  }

  claim(queues: readonly string[], limit: number, holder: string, now: number): Claim[] {
    const claims: Claim[] = []
    for (const queue of queues) {
      if (claims.length >= limit) break
      const rows = this.#statements.claim.all(holder, queue, now, limit - claims.length)
      // RETURNING gives rows in no particular order.
      for (const row of (rows as unknown as ClaimedRow[]).sort(byPriorityThenAge)) {
        const tag = `${row.id}.${row.deliveries}`
        claims.push({ tag, queue, envelope: row.envelope, redelivered: row.deliveries > 1 })
      }
    }
    return claims
  }

  ack(tags: readonly string[], holder: string): void {
    for (const tag of tags) this.#statements.ack.run(...parseTag(tag), holder)
  }

  /** The queues that have something again. */
  requeue(tags: readonly string[], holder: string): string[] {
    return tags.flatMap((tag) => queuesOf(this.#statements.requeue.all(...parseTag(tag), holder)))
  }

  /** Everything a holder has goes back. The queues that have something again. */
  requeueAll(holder: string): string[] {
    return queuesOf(this.#statements.requeueAll.all(holder))
  }

  size(queue: string, now: number): number {
    return Number(this.#statements.size.get(queue, now)?.n)
  }

  purge(queue: string): number {
    return Number(this.#statements.purge.run(queue).changes)
  }

  /** Whether something has expired in a queue with a dead letter exchange. */
  hasDeadLetters(now: number): boolean {
    return this.#statements.hasDeadLetters.get(now) !== undefined
  }

  /** What has expired in queues with a dead letter exchange. */
  claimExpired(limit: number, holder: string, now: number): Claim[] {
    const rows = this.#statements.claimExpired.all(holder, now, limit)
    return (rows as unknown as (ClaimedRow & { readonly queue: string })[])
      .sort(byPriorityThenAge)
      .map(({ id, deliveries, queue, envelope }) => {
        return { tag: `${id}.${deliveries}`, queue, envelope, redelivered: deliveries > 1 }
      })
  }

  /** When after now the next message expires, in whatever queue. */
  nextExpiry(now: number): number | undefined {
    const soonest = this.#statements.nextExpiry.get(now)?.soonest
    return typeof soonest === 'number' ? soonest : undefined
  }

  /** Whether something has expired in a queue without a dead letter exchange. */
  hasExpired(now: number): boolean {
    return this.#statements.hasExpired.get(now) !== undefined
  }

  deleteExpired(now: number): void {
    this.#statements.deleteExpired.run(now)
  }
}

function byPriorityThenAge(a: ClaimedRow, b: ClaimedRow): number {
  return b.priority - a.priority || a.id - b.id
}

/** A tag that is none becomes NaN, which SQLite reads as NULL and finds nowhere. */
function parseTag(tag: string): [id: number, deliveries: number] {
  const [id, deliveries] = tag.split('.')
  return [Number(id), Number(deliveries)]
}

function queuesOf(rows: readonly Record<string, unknown>[]): string[] {
  return rows.map((row) => String(row.queue))
}

const READY = 'queue = ? AND holder IS NULL AND (expires_at IS NULL OR expires_at > ?)'

const EXPIRED = 'expires_at <= ? AND holder IS NULL'
const DEAD_LETTERS = `EXISTS (
  SELECT 1 FROM broker_queue WHERE name = queue
  AND json_extract(declaration, '$.arguments."x-dead-letter-exchange"') IS NOT NULL
)`

function prepare(db: DatabaseSync) {
  return {
    put: db.prepare(
      `INSERT INTO broker_message (queue, priority, expires_at, envelope)
       SELECT :queue, :priority, :expiresAt, :envelope
       WHERE EXISTS (SELECT 1 FROM broker_queue WHERE name = :queue)`,
    ),
    isReady: db.prepare(`SELECT 1 FROM broker_message WHERE ${READY} LIMIT 1`),
    claim: db.prepare(
      `UPDATE broker_message SET holder = ?, deliveries = deliveries + 1
       WHERE id IN (SELECT id FROM broker_message WHERE ${READY} ORDER BY priority DESC, id LIMIT ?)
       RETURNING id, deliveries, priority, envelope`,
    ),
    ack: db.prepare('DELETE FROM broker_message WHERE id = ? AND deliveries = ? AND holder = ?'),
    requeue: db.prepare(
      `UPDATE broker_message SET holder = NULL WHERE id = ? AND deliveries = ? AND holder = ?
       RETURNING queue`,
    ),
    requeueAll: db.prepare('UPDATE broker_message SET holder = NULL WHERE holder = ? RETURNING queue'),
    size: db.prepare(`SELECT count(*) AS n FROM broker_message WHERE ${READY}`),
    purge: db.prepare('DELETE FROM broker_message WHERE queue = ? AND holder IS NULL'),
    hasExpired: db.prepare(`SELECT 1 FROM broker_message WHERE ${EXPIRED} AND NOT ${DEAD_LETTERS} LIMIT 1`),
    deleteExpired: db.prepare(`DELETE FROM broker_message WHERE ${EXPIRED} AND NOT ${DEAD_LETTERS}`),
    hasDeadLetters: db.prepare(`SELECT 1 FROM broker_message WHERE ${EXPIRED} AND ${DEAD_LETTERS} LIMIT 1`),
    claimExpired: db.prepare(
      `UPDATE broker_message SET holder = ?, deliveries = deliveries + 1
       WHERE id IN (SELECT id FROM broker_message WHERE ${EXPIRED} AND ${DEAD_LETTERS} ORDER BY id LIMIT ?)
       RETURNING id, deliveries, priority, queue, envelope`,
    ),
    nextExpiry: db.prepare(
      'SELECT min(expires_at) AS soonest FROM broker_message WHERE expires_at > ? AND holder IS NULL',
    ),
  }
}
