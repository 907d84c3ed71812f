import type { QueueDeclaration } from '../base.ts'
import type { StoredExchange } from '../virtual/store.ts'

/**
 * What this process knows of one broker, for all its connections there. Redis knows neither what exchanges are nor
 * which queues there are, so that each process remembers what it was told, as each of Python's does.
 */
export class Declarations {
  readonly exchanges = new Map<string, StoredExchange>()
  readonly queues = new Map<string, QueueDeclaration>()
  /** Queue to the exchanges it was bound to. */
  readonly boundTo = new Map<string, Set<string>>()
  /** Queue to the consumers it has in this process. */
  readonly consumers = new Map<string, Set<string>>()
  /** Tags of messages whose connection was lost before it could give them back. */
  readonly orphans = new Set<string>()
  /** Of each connection: what it does when a queue was deleted. */
  readonly watchers = new Set<(queue: string) => Promise<void>>()
  readonly #name: string
  #users = 0

  /** Each `join` needs a `leave`. */
  static join(name: string): Declarations {
    const declarations = brokers.get(name) ?? new Declarations(name)
    brokers.set(name, declarations)
    declarations.#users += 1
    return declarations
  }

  private constructor(name: string) {
    this.#name = name
  }

  leave(): void {
    this.#users -= 1
    if (this.#users === 0 && this.orphans.size === 0) brokers.delete(this.#name)
  }

  bound(queue: string, exchange: string): void {
    this.boundTo.set(queue, (this.boundTo.get(queue) ?? new Set()).add(exchange))
  }

  /** A connection that fails in this says so itself. */
  async tellGone(queue: string): Promise<void> {
    await Promise.allSettled([...this.watchers].map((tell) => tell(queue)))
  }

  consumed(queue: string, consumerTag: string): void {
    this.consumers.set(queue, (this.consumers.get(queue) ?? new Set()).add(consumerTag))
  }

  released(queue: string, consumerTags: Iterable<string>): void {
    const consumers = this.consumers.get(queue)
    for (const tag of consumerTags) consumers?.delete(tag)
    if (consumers?.size === 0) this.consumers.delete(queue)
  }

  /** The exchanges it was bound to. */
  forgetQueue(queue: string): readonly string[] {
    const exchanges = [...(this.boundTo.get(queue) ?? [])]
    this.queues.delete(queue)
    this.boundTo.delete(queue)
    this.consumers.delete(queue)
    return exchanges
  }
}

const brokers = new Map<string, Declarations>()
