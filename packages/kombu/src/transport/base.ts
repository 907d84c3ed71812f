/**
 * The seam of the package: what a transport must be able to do. Everything above (Connection, Producer,
 * Consumer, Mailbox) is written against these interfaces only. Two families implement them: `amqp/`, which
 * hands each call to RabbitMQ, and `virtual/`, which gives stores without exchanges (memory, SQLite) AMQP's
 * meaning. Names and meanings follow AMQP 0-9-1 (https://www.rabbitmq.com/amqp-0-9-1-reference).
 */
import type { ChannelError, OperationalError } from '../exceptions.ts'
import type { ConnectionUrl } from '../url.ts'

export type ExchangeType = 'direct' | 'topic' | 'fanout'

/** What a transport can do. Declared, never probed. */
export interface Implements {
  readonly exchangeTypes: readonly ExchangeType[]
  /** A silent peer is noticed although the socket looks open. */
  readonly heartbeats: boolean
  /** `basicPublish` resolves only when the broker has the message. True of every transport we ship. */
  readonly confirms: boolean
  /** Which `priority` is delivered first. Redis is the odd one, as Kombu has it. */
  readonly priority: 'highest-first' | 'lowest-first'
  /** Other processes can reach the same queues. */
  readonly shared: boolean
  /** The broker knows which queues there are. Where it does not (Redis), any name can be consumed from. */
  readonly declaredQueues: boolean
  /** `expiration` and `x-message-ttl` are kept. */
  readonly messageTtl: boolean
  /** Exchanges can be bound to exchanges. */
  readonly exchangeBindings: boolean
  /** The keys of a fanout exchange's messages and bindings count, as patterns, where the binding has one. */
  readonly fanoutPatterns: boolean
  /** `Channel.flow` is there. RabbitMQ has none. */
  readonly flow: boolean
}

export interface Transport {
  /** Kombu's `driver_type`, e.g. `amqp`, `sqlite`, `memory`. */
  readonly driverType: string
  /** Kombu's `driver_name`: the library that does the work. */
  readonly driverName: string
  readonly implements: Implements
  /** One attempt at one address, broken off when the signal aborts. Rejects with OperationalError. */
  connect(url: ConnectionUrl, options: TransportOptions, signal: AbortSignal): Promise<TransportConnection>
}

/** AMQP's mechanisms: password in clear, the same in AMQP's own form, or the certificate of the client. */
export type LoginMethod = 'PLAIN' | 'AMQPLAIN' | 'EXTERNAL'

export interface TransportOptions {
  /** How long one attempt may take, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Interval of AMQP heartbeats in seconds; 0 turns them off. */
  readonly heartbeat: number
  /** Shown in the broker's list of connections. */
  readonly name: string
  /** How TLS is spoken, where it is. */
  readonly tls: import('node:tls').ConnectionOptions
  /** TLS although the address does not say so. */
  readonly isTlsRequired: boolean
  readonly loginMethod: LoginMethod
  /** Options of one driver only, by the names Kombu gives them (`transport_options`). */
  readonly transportOptions: Readonly<Record<string, unknown>>
}

export interface TransportConnection {
  readonly isOpen: boolean
  /** Settles once, never rejects: `undefined` after `close()`, else why the connection was lost. */
  readonly closed: Promise<OperationalError | undefined>
  channel(): Promise<Channel>
  /** Twice is fine. Unsettled messages go back to their queues. */
  close(): Promise<void>
}

export interface Payload {
  readonly body: Buffer
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly headers: Record<string, unknown>
  readonly properties: MessageProperties
}

/** AMQP basic properties besides content type, encoding and headers; camelCase here, snake_case on a wire. */
export interface MessageProperties {
  correlationId?: string
  replyTo?: string
  /** 1 transient, 2 persistent. */
  deliveryMode?: 1 | 2
  priority?: number
  /** Time to live in the queue: milliseconds, as a decimal string (AMQP's form). */
  expiration?: string
  messageId?: string
  /** Seconds since the epoch. */
  timestamp?: number
  type?: string
  userId?: string
  appId?: string
}

export interface Delivery extends Payload {
  readonly deliveryTag: string
  readonly consumerTag: string | undefined
  readonly exchange: string
  readonly routingKey: string
  /** The queue it came from (the transport knows; AMQP's own delivery does not say). */
  readonly queue: string
  readonly redelivered: boolean
}

/** An absent flag means false, as an unset bit does in AMQP. */
export interface ExchangeDeclaration {
  readonly type: ExchangeType
  readonly durable?: boolean
  readonly autoDelete?: boolean
  readonly internal?: boolean
  readonly arguments?: Readonly<Record<string, unknown>>
  /** Only check that it exists: ChannelError 404 if not. */
  readonly passive?: boolean
}

/** An absent flag means false, as an unset bit does in AMQP. */
export interface QueueDeclaration {
  readonly durable?: boolean
  readonly exclusive?: boolean
  readonly autoDelete?: boolean
  /**
   * `x-…` arguments. The virtual transports honour `x-message-ttl`, `x-expires`, `x-max-length`,
   * `x-dead-letter-exchange` and `x-dead-letter-routing-key` as far as `implements` says.
   */
  readonly arguments?: Readonly<Record<string, unknown>>
  readonly passive?: boolean
}

/** Who gets messages of an exchange. */
export interface Binding {
  /** A queue, or (exchange to exchange) another exchange. */
  readonly destination: string
  readonly destinationType: 'queue' | 'exchange'
  readonly routingKey: string
}

export interface QueueStatus {
  readonly queue: string
  readonly messageCount: number
  readonly consumerCount: number
}

export interface ConsumeOptions {
  readonly consumerTag?: string
  readonly noAck?: boolean
  readonly exclusive?: boolean
  readonly arguments?: Readonly<Record<string, unknown>>
  /** Called for each message, in order. It must not throw. */
  readonly onDelivery: (delivery: Delivery) => void
  /** The broker ended this consumer (its queue was deleted). */
  readonly onCancel?: () => void
}

/**
 * One AMQP channel. A broker's refusal rejects the call with ChannelError and closes the channel; a lost
 * connection rejects every call with OperationalError. Delivery tags are valid on their own channel only.
 */
export interface Channel {
  readonly isOpen: boolean
  /** Settles once, never rejects: `undefined` after `close()`. */
  readonly closed: Promise<ChannelError | OperationalError | undefined>

  exchangeDeclare(exchange: string, declaration: ExchangeDeclaration): Promise<void>
  exchangeDelete(exchange: string, options?: { ifUnused?: boolean }): Promise<void>
  exchangeBind(
    destination: string,
    source: string,
    routingKey: string,
    args?: Record<string, unknown>,
  ): Promise<void>
  exchangeUnbind(
    destination: string,
    source: string,
    routingKey: string,
    args?: Record<string, unknown>,
  ): Promise<void>
  /** An empty name asks the broker for one. */
  queueDeclare(queue: string, declaration: QueueDeclaration): Promise<QueueStatus>
  queueBind(
    queue: string,
    exchange: string,
    routingKey: string,
    args?: Record<string, unknown>,
  ): Promise<void>
  queueUnbind(
    queue: string,
    exchange: string,
    routingKey: string,
    args?: Record<string, unknown>,
  ): Promise<void>
  /** What is bound to an exchange. Only transports whose broker tells have it; AMQP does not (RabbitMQ's API does). */
  bindings?(exchange: string): Promise<readonly Binding[]>
  /** How many messages were removed. */
  queuePurge(queue: string): Promise<number>
  queueDelete(queue: string, options?: { ifUnused?: boolean; ifEmpty?: boolean }): Promise<number>

  /** Resolves when the broker has the message. With `mandatory`, UnroutableError when no queue would get it. */
  basicPublish(payload: Payload, options: PublishOptions): Promise<void>
  /** How many unsettled messages may be out; 0 means no limit. `global`: over the channel, else per later consumer. */
  basicQos(prefetchCount: number, options?: { global?: boolean }): Promise<void>
  /**
   * AMQP's `channel.flow`: with false nothing more is delivered on this channel until true; what was delivered can be
   * settled meanwhile. ChannelError 540 where the transport has no `flow`.
   */
  flow(active: boolean): Promise<void>
  /** Resolves with the consumer tag when the broker has the subscription. */
  basicConsume(queue: string, options: ConsumeOptions): Promise<string>
  /** No delivery comes after it resolves; unsettled ones stay valid. Twice is fine. */
  basicCancel(consumerTag: string): Promise<void>
  basicGet(queue: string, options?: { noAck?: boolean }): Promise<Delivery | undefined>
  basicAck(deliveryTag: string, options?: { multiple?: boolean }): Promise<void>
  basicReject(deliveryTag: string, options?: { requeue?: boolean }): Promise<void>
  /** Every unsettled message of this channel goes back to its queue. */
  basicRecover(): Promise<void>
  /** Twice is fine. Unsettled messages go back to their queues. */
  close(): Promise<void>
}

export interface PublishOptions {
  /** '' is the default exchange: the routing key names the queue. */
  readonly exchange: string
  readonly routingKey: string
  readonly mandatory?: boolean
}
