import { Exchange, Queue, type QueueOptions } from './entity.ts'
import { uuid } from './uuid.ts'

/**
 * A queue of one's own on a fanout exchange: every consumer that has one gets every message (Kombu's `Broadcast`).
 * Senders name it by its `alias`, which is the exchange.
 */
export class Broadcast extends Queue {
  /** What senders know it by; the queue itself has a name that nobody else has. */
  readonly alias: string

  constructor(alias: string, options: Omit<QueueOptions, 'exchange'> = {}) {
    super(`bcast.${uuid()}`, {
      autoDelete: true,
      ...options,
      exchange: new Exchange(alias, { type: 'fanout' }),
    })
    this.alias = alias
  }
}
