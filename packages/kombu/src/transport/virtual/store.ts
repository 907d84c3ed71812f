/**
 * The seam below the virtual channel: all that a store must offer so that `channel.ts` can give it AMQP's
 * meaning. A driver is these primitives and nothing else. Two groups: the table of names (exchanges,
 * queues, bindings) and the messages (put, claim, settle, wait). The second half is the unacked ledger:
 * `claim` takes messages and records, in the same atomic step, that this connection holds them.
 * The optional members are capabilities: a store has them or has not, and nobody asks which store it is.
 */
import type { Binding, ExchangeDeclaration, ExchangeType, QueueDeclaration } from '../base.ts'

export type { Binding }

/** A message as a store keeps it: Kombu's virtual envelope, already text. */
export type Envelope = string

export interface StoredExchange {
  readonly type: ExchangeType
  readonly declaration: ExchangeDeclaration
  /** Nobody here declared it; its bindings show that it is there. Any declaration agrees with it. */
  readonly isInferred?: boolean
}

/** Which of several queues is served first: each in turn, by name, or as they were subscribed to. */
export type QueueOrder = 'round_robin' | 'sorted' | 'priority'

export interface StoredMessage {
  readonly queue: string
  readonly envelope: Envelope
  /** 0 to 255; higher is delivered first. */
  readonly priority: number
  /** Milliseconds since the epoch after which nobody wants it, or undefined. */
  readonly expiresAt: number | undefined
}

export interface Claim {
  /** The ledger's key, unique in the store. */
  readonly tag: string
  readonly queue: string
  readonly envelope: Envelope
  /** What `JSON.parse` makes of the envelope, of a store that had to look into it. */
  readonly parsed?: unknown
  readonly redelivered: boolean
}

/** Messages whose time is over, of queues with an `x-dead-letter-exchange`; those of others the store drops by itself. */
export interface Expiry {
  /** Takes up to so many of them, as `claim` does. */
  take(limit: number): Promise<readonly Claim[]>
  /** When the next one may be due, in milliseconds since the epoch. */
  next(): Promise<number | undefined>
}

/** Who has used a queue when, which `x-expires` needs. A consumer uses it all the time. */
export interface QueueUsage {
  /** It was used just now. */
  touch(queue: string): Promise<void>
  /** Nobody used it for the time of its `x-expires`. Also of a queue that is gone. */
  isOver(queue: string): Promise<boolean>
}

export interface Store {
  // ---- capabilities
  /**
   * A queue is there as soon as somebody names it: `getQueue` knows only those that were declared here, and says
   * nothing about the others. Nobody can tell that such a queue is unused: nothing is done about `x-expires`.
   */
  readonly implicitQueues?: boolean
  /** Absent: `round_robin`. */
  readonly queueOrder?: QueueOrder
  /** Resolves when the store has failed while nobody was asking it anything. Never rejects. */
  readonly lost?: Promise<Error>
  /** Absent: nothing expires in it. */
  readonly expiry?: Expiry
  /** Absent where nobody can tell; see `implicitQueues`. */
  readonly usage?: QueueUsage
  /** Delivers to everybody who is bound to a fanout exchange now, instead of `put`. Resolves with how many. */
  publishFanout?(exchange: string, routingKey: string, envelope: Envelope): Promise<number>

  // ---- names
  getExchange(name: string): Promise<StoredExchange | undefined>
  putExchange(name: string, exchange: StoredExchange): Promise<void>
  /** Its bindings go with it. */
  deleteExchange(name: string): Promise<void>
  getQueue(name: string): Promise<QueueDeclaration | undefined>
  /** False, and nothing is changed, where somebody else was quicker. */
  putQueue(name: string, declaration: QueueDeclaration): Promise<boolean>
  /** Its messages and bindings go with it, and whoever waits on it wakes up. Returns how many ready messages. */
  deleteQueue(name: string): Promise<number>
  bind(exchange: string, binding: Binding): Promise<void>
  unbind(exchange: string, binding: Binding): Promise<void>
  bindings(exchange: string): Promise<readonly Binding[]>

  // ---- messages
  /**
   * All or none; when it resolves the messages are as safe as the store can make them. A queue that was deleted
   * since the messages were routed swallows its own, as in AMQP.
   */
  put(messages: readonly StoredMessage[]): Promise<void>
  /** Up to `limit` messages, highest priority then oldest, taken from the queues in the order given. */
  claim(queues: readonly string[], limit: number): Promise<readonly Claim[]>
  /** `ack` forgets it, `requeue` puts it back in its old place marked redelivered. Unknown tags are ignored. */
  settle(tags: readonly string[], outcome: 'ack' | 'requeue'): Promise<void>
  /** Ready messages; what is claimed does not count. */
  size(queue: string): Promise<number>
  purge(queue: string): Promise<number>
  /**
   * Resolves when one of the queues may have something (what arrived since the last `claim` included, so look
   * before sleeping) or was deleted, or when the signal aborts. Never rejects for an abort. No busy polling.
   */
  wait(queues: readonly string[], signal: AbortSignal): Promise<void>

  // ---- who is there (x-expires, autoDelete, exclusive and consumerCount need it); tags are unique everywhere
  addConsumer(queue: string, consumerTag: string): Promise<void>
  removeConsumer(queue: string, consumerTag: string): Promise<void>
  consumerCount(queue: string): Promise<number>

  /** Everything this connection still holds goes back to its queue; its exclusive queues go away. */
  close(): Promise<void>
}
