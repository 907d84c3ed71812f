/**
 * Remote control as Celery does it (kombu/pidbox.py): a command is broadcast over a fanout exchange to the queue
 * of every node; those it is meant for run it, and reply, if asked to, to a queue that the caller made for it.
 * snake_case below is the wire.
 */
import { LamportClock } from './clocks.ts'
import type { Connection } from './connection.ts'
import { Consumer } from './consumer.ts'
import { Exchange, Queue } from './entity.ts'
import { type Handlers, Node, type NodeOptions } from './node.ts'
import { DEFAULT_ACCEPT } from './payload.ts'
import { Producer } from './producer.ts'
import type { Channel, ExchangeType } from './transport/base.ts'
import { untilAborted } from './until-aborted.ts'
import { uuid } from './uuid.ts'

export interface MailboxOptions {
  /** Of the exchange commands go through. Default `fanout`. */
  readonly type?: ExchangeType
  /** Which formats of commands and replies are read. Default `['json']`. */
  readonly accept?: readonly string[]
  readonly serializer?: string
  readonly clock?: LamportClock
  /** Seconds a command or reply may wait in a queue. */
  readonly queueTtl?: number
  /** Seconds after which an unused queue goes away. Default 10. */
  readonly queueExpires?: number
  readonly queueDurable?: boolean
  readonly queueExclusive?: boolean
}

export interface CastOptions {
  readonly arguments?: Readonly<Record<string, unknown>>
  /** Node names; every node unless given. */
  readonly destination?: readonly string[]
  /** Nodes by name pattern instead; needs `matcher`. */
  readonly pattern?: string
  readonly matcher?: 'glob' | 'pcre'
}

export interface CallOptions extends CastOptions {
  /** Seconds to wait for replies. Default 1. */
  readonly timeoutSeconds?: number
  /** Replies after which to wait no longer. Default: one of each `destination`. */
  readonly limit?: number
  readonly onReply?: (reply: Reply) => void
  readonly signal?: AbortSignal
}

/** Node name to what it said. */
export type Reply = Readonly<Record<string, unknown>>

interface ReplyAddress {
  readonly ticket: string
  readonly oid: string
}

export class Mailbox {
  readonly namespace: string
  readonly accept: readonly string[]
  readonly serializer: string
  readonly clock: LamportClock
  readonly exchange: Exchange
  readonly replyExchange: Exchange
  readonly #options: MailboxOptions

  constructor(namespace: string, options: MailboxOptions = {}) {
    this.namespace = namespace
    this.accept = options.accept ?? DEFAULT_ACCEPT
    this.serializer = options.serializer ?? 'json'
    this.clock = options.clock ?? new LamportClock()
    this.exchange = new Exchange(`${namespace}.pidbox`, {
      type: options.type ?? 'fanout',
      durable: false,
      deliveryMode: 1,
    })
    this.replyExchange = new Exchange(`reply.${namespace}.pidbox`, {
      type: 'direct',
      durable: false,
      deliveryMode: 1,
    })
    this.#options = options
  }

  /** One who listens: `handlers` maps a method's name to what it does. */
  node(hostname: string, handlers: Handlers, options: NodeOptions = {}): Node {
    return new Node(this, hostname, handlers, options)
  }

  /** The queue a node listens on. */
  controlQueue(hostname: string): Queue {
    return this.#queue(`${hostname}.${this.namespace}.pidbox`, this.exchange, '')
  }

  /** Tells nodes something. Resolves when the broker has it; nobody replies. */
  async cast(connection: Connection, method: string, options: CastOptions = {}): Promise<void> {
    await connection.ensure((channel) => this.#broadcast(channel, method, options, undefined, 0))
  }

  /** Asks nodes something and gives what they said within the time. Undecodable replies are left out. */
  async call(connection: Connection, method: string, options: CallOptions = {}): Promise<Reply[]> {
    const { timeoutSeconds = 1, limit = options.destination?.length } = options
    const address = { ticket: uuid(), oid: uuid() }
    const replies: Reply[] = []
    const enough = Promise.withResolvers<undefined>()
    const onReply = (reply: Reply) => {
      replies.push(reply)
      options.onReply?.(reply)
      if (limit !== undefined && replies.length >= limit) enough.resolve(undefined)
    }
    const channel = await connection.channel()
    try {
      await this.#replies(channel, address, onReply).consume()
      await this.#broadcast(channel, method, options, address, timeoutSeconds)
      await this.#waitFor(enough, channel, timeoutSeconds * 1000, options.signal)
      return replies
    } finally {
      await channel.close()
    }
  }

  #replies(channel: Channel, { ticket, oid }: ReplyAddress, onReply: (reply: Reply) => void): Consumer {
    return new Consumer(channel, {
      queues: [this.#queue(`${oid}.${this.replyExchange.name}`, this.replyExchange, oid)],
      accept: this.accept,
      noAck: true,
      onDecodeError: () => undefined,
      callbacks: [
        (body, message) => {
          this.clock.adjust(message.headers.clock)
          if (message.headers.ticket === ticket && typeof body === 'object' && body !== null)
            onReply({ ...body })
        },
      ],
    })
  }

  async #broadcast(
    channel: Channel,
    method: string,
    options: CastOptions,
    address: ReplyAddress | undefined,
    timeoutSeconds: number,
  ): Promise<void> {
    const { destination = null, pattern = null, matcher = null } = options
    const body = {
      method,
      arguments: options.arguments ?? {},
      destination,
      pattern,
      matcher,
      ...(address && {
        ticket: address.ticket,
        reply_to: { exchange: this.replyExchange.name, routing_key: address.oid },
      }),
    }
    await new Producer(channel, { exchange: this.exchange, serializer: this.serializer }).publish(body, {
      headers: {
        clock: this.clock.forward(),
        expires: timeoutSeconds > 0 ? Date.now() / 1000 + timeoutSeconds : 0,
      },
    })
  }

  async #waitFor(
    enough: PromiseWithResolvers<undefined>,
    channel: Channel,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const timer = setTimeout(() => enough.resolve(undefined), timeoutMs)
    try {
      const replies = Promise.race([enough.promise, channel.closed])
      const loss = await (signal ? untilAborted(replies, signal) : replies)
      signal?.throwIfAborted()
      if (loss) throw loss
    } finally {
      clearTimeout(timer)
    }
  }

  #queue(name: string, exchange: Exchange, routingKey: string): Queue {
    const { queueTtl, queueExpires = 10, queueDurable = false, queueExclusive = false } = this.#options
    return new Queue(name, {
      exchange,
      routingKey,
      durable: queueDurable,
      exclusive: queueExclusive,
      autoDelete: true,
      expires: queueExpires,
      ...(queueTtl !== undefined && { messageTtl: queueTtl }),
    })
  }
}
