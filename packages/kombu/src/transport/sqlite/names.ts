import type { DatabaseSync } from 'node:sqlite'
import type { ExchangeDeclaration, ExchangeType, QueueDeclaration } from '../base.ts'
import type { Binding, StoredExchange } from '../virtual/store.ts'

/** The table of names: exchanges, queues and the bindings between them. Call the writing ones in a transaction. */
export class Names {
  readonly #statements: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db)
  }

  exchange(name: string): StoredExchange | undefined {
    const row = this.#statements.exchange.get(name) as { type: ExchangeType; declaration: string } | undefined
    return row && { type: row.type, declaration: JSON.parse(row.declaration) as ExchangeDeclaration }
  }

  putExchange(name: string, { type, declaration }: StoredExchange): void {
    const autoDelete = declaration.autoDelete ? 1 : 0
    this.#statements.putExchange.run(name, type, JSON.stringify(declaration), autoDelete)
  }

  deleteExchange(name: string): void {
    this.#statements.deleteExchange.run(name)
  }

  queue(name: string): QueueDeclaration | undefined {
    const row = this.#statements.queue.get(name) as { declaration: string } | undefined
    return row && (JSON.parse(row.declaration) as QueueDeclaration)
  }

  /** False when it is there already. `owner` is the connection with which an exclusive queue ends. */
  putQueue(name: string, declaration: QueueDeclaration, owner: string, now: number): boolean {
    const expires = declaration.arguments?.['x-expires']
    const { changes } = this.#statements.putQueue.run(
      name,
      JSON.stringify(declaration),
      declaration.exclusive ? owner : null,
      declaration.autoDelete ? 1 : 0,
      typeof expires === 'number' ? expires : null,
      now,
    )
    return changes > 0
  }

  deleteQueue(name: string): void {
    this.#statements.deleteQueue.run(name)
  }

  bind(exchange: string, { destinationType, destination, routingKey }: Binding): void {
    this.#statements.bind.run(exchange, destinationType, destination, routingKey)
  }

  unbind(exchange: string, { destinationType, destination, routingKey }: Binding): void {
    this.#statements.unbind.run(exchange, destinationType, destination, routingKey)
  }

  bindings(exchange: string): readonly Binding[] {
    return this.#statements.bindings.all(exchange) as unknown as Binding[]
  }
}

function prepare(db: DatabaseSync) {
  return {
    exchange: db.prepare('SELECT type, declaration FROM broker_exchange WHERE name = ?'),
    putExchange: db.prepare(
      `INSERT INTO broker_exchange (name, type, declaration, auto_delete) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET
         type = excluded.type, declaration = excluded.declaration, auto_delete = excluded.auto_delete`,
    ),
    deleteExchange: db.prepare('DELETE FROM broker_exchange WHERE name = ?'),
    queue: db.prepare('SELECT declaration FROM broker_queue WHERE name = ?'),
    putQueue: db.prepare(
      `INSERT INTO broker_queue (name, declaration, owner, auto_delete, expires_after, used_at)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO NOTHING`,
    ),
    deleteQueue: db.prepare('DELETE FROM broker_queue WHERE name = ?'),
    bind: db.prepare(
      `INSERT INTO broker_binding (exchange, destination_type, destination, routing_key) VALUES (?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    unbind: db.prepare(
      `DELETE FROM broker_binding
       WHERE exchange = ? AND destination_type = ? AND destination = ? AND routing_key = ?`,
    ),
    bindings: db.prepare(
      `SELECT destination, destination_type AS destinationType, routing_key AS routingKey
       FROM broker_binding WHERE exchange = ?`,
    ),
  }
}
