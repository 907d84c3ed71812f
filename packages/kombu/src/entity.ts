/**
 * Exchanges and queues as plain values: they can be shared, passed around and declared on any channel, again
 * after every reconnection. Declaring one that exists with the same settings does nothing; with others, the
 * broker refuses (ChannelError 406).
 */
import { InvalidValueError } from './exceptions.ts'
import { Message } from './message.ts'
import { DEFAULT_ACCEPT, MAX_DECOMPRESSED_BYTES } from './payload.ts'
import type { Channel, ExchangeType, QueueStatus } from './transport/base.ts'

export interface ExchangeOptions {
  readonly type?: ExchangeType
  readonly durable?: boolean
  readonly autoDelete?: boolean
  readonly arguments?: Readonly<Record<string, unknown>>
  /** 1 transient, 2 persistent: of messages that do not say otherwise. */
  readonly deliveryMode?: 1 | 2
  /** `declare` does nothing: somebody else owns it. */
  readonly noDeclare?: boolean
  /** `declare` only checks that it exists. */
  readonly passive?: boolean
}

export class Exchange {
  /** '' is AMQP's default exchange: it exists, and its routing keys are queue names. */
  readonly name: string
  readonly type: ExchangeType
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly arguments: Readonly<Record<string, unknown>>
  readonly deliveryMode: 1 | 2
  readonly noDeclare: boolean
  readonly passive: boolean

  constructor(name = '', options: ExchangeOptions = {}) {
    this.name = name
    this.type = options.type ?? 'direct'
    this.durable = options.durable ?? true
    this.autoDelete = options.autoDelete ?? false
    this.arguments = options.arguments ?? {}
    this.deliveryMode = options.deliveryMode ?? 2
    this.noDeclare = options.noDeclare ?? false
    this.passive = options.passive ?? false
  }

  async declare(channel: Channel): Promise<void> {
    if (this.name === '' || this.noDeclare) return
    const { type, durable, autoDelete, passive } = this
    await channel.exchangeDeclare(this.name, {
      type,
      durable,
      autoDelete,
      passive,
      arguments: this.arguments,
    })
  }

  async delete(channel: Channel, options: { ifUnused?: boolean } = {}): Promise<void> {
    await channel.exchangeDelete(this.name, options)
  }

  /** From now on this exchange also gets what `source` gets for that key. */
  async bindTo(channel: Channel, source: Exchange | string, routingKey = ''): Promise<void> {
    await channel.exchangeBind(this.name, nameOf(source), routingKey)
  }

  async unbindFrom(channel: Channel, source: Exchange | string, routingKey = ''): Promise<void> {
    await channel.exchangeUnbind(this.name, nameOf(source), routingKey)
  }
}

export interface QueueBinding {
  readonly exchange: Exchange
  readonly routingKey: string
  readonly arguments?: Readonly<Record<string, unknown>>
}

export interface QueueOptions {
  readonly exchange?: Exchange | string
  readonly routingKey?: string
  readonly durable?: boolean
  /** Only the connection that declared it may use it, and it goes away with that connection. */
  readonly exclusive?: boolean
  /** Goes away with its last consumer. */
  readonly autoDelete?: boolean
  readonly queueArguments?: Readonly<Record<string, unknown>>
  readonly bindingArguments?: Readonly<Record<string, unknown>>
  /** More bindings than the one of `exchange` and `routingKey`. */
  readonly bindings?: readonly QueueBinding[]
  /** Seconds without use after which the queue goes away. */
  readonly expires?: number
  /** Seconds a message may wait. */
  readonly messageTtl?: number
  /** Messages it holds before it drops the oldest. */
  readonly maxLength?: number
  readonly maxPriority?: number
  /** Consumers of this queue never acknowledge. */
  readonly noAck?: boolean
  /** `declare` does nothing: somebody else owns it. */
  readonly noDeclare?: boolean
}

export class Queue {
  readonly name: string
  readonly exchange: Exchange
  readonly routingKey: string
  readonly durable: boolean
  readonly exclusive: boolean
  readonly autoDelete: boolean
  /** The `x-…` arguments, those of `expires`, `messageTtl`, `maxLength` and `maxPriority` included. */
  readonly queueArguments: Readonly<Record<string, unknown>>
  readonly bindingArguments: Readonly<Record<string, unknown>>
  readonly bindings: readonly QueueBinding[]
  readonly noAck: boolean
  readonly noDeclare: boolean

  constructor(name: string, options: QueueOptions = {}) {
    if (name === '')
      throw new InvalidValueError('a queue needs a name; uuid() makes one for a queue of one’s own')
    this.name = name
    this.exchange =
      typeof options.exchange === 'string'
        ? new Exchange(options.exchange)
        : (options.exchange ?? new Exchange())
    this.routingKey = options.routingKey ?? ''
    this.durable = options.durable ?? true
    this.exclusive = options.exclusive ?? false
    this.autoDelete = options.autoDelete ?? false
    this.queueArguments = { ...options.queueArguments, ...limits(name, options) }
    this.bindingArguments = options.bindingArguments ?? {}
    this.bindings = options.bindings ?? []
    this.noAck = options.noAck ?? false
    this.noDeclare = options.noDeclare ?? false
  }

  /** The exchange, then the queue, then what binds them. */
  async declare(channel: Channel): Promise<QueueStatus> {
    if (this.noDeclare) return this.status(channel)
    const { durable, exclusive, autoDelete } = this
    await this.exchange.declare(channel)
    const status = await channel.queueDeclare(this.name, {
      durable,
      exclusive,
      autoDelete,
      arguments: this.queueArguments,
    })
    if (this.exchange.name !== '')
      await this.bindTo(channel, this.exchange, this.routingKey, this.bindingArguments)
    for (const binding of this.bindings) {
      await binding.exchange.declare(channel)
      await this.bindTo(channel, binding.exchange, binding.routingKey, binding.arguments)
    }
    return status
  }

  /** Asks without declaring: ChannelError 404 (and a closed channel) when there is no such queue. */
  async status(channel: Channel): Promise<QueueStatus> {
    return channel.queueDeclare(this.name, { passive: true })
  }

  async bindTo(
    channel: Channel,
    exchange: Exchange | string,
    routingKey = '',
    bindingArguments: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await channel.queueBind(this.name, nameOf(exchange), routingKey, bindingArguments)
  }

  async unbindFrom(
    channel: Channel,
    exchange: Exchange | string,
    routingKey = '',
    bindingArguments: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await channel.queueUnbind(this.name, nameOf(exchange), routingKey, bindingArguments)
  }

  /** Removes the waiting messages; says how many. */
  async purge(channel: Channel): Promise<number> {
    return channel.queuePurge(this.name)
  }

  async delete(channel: Channel, options: { ifUnused?: boolean; ifEmpty?: boolean } = {}): Promise<number> {
    return channel.queueDelete(this.name, options)
  }

  /** One message, if there is one now. */
  async get(channel: Channel, options: GetOptions = {}): Promise<Message | undefined> {
    const noAck = options.noAck ?? this.noAck
    const delivery = await channel.basicGet(this.name, { noAck })
    if (!delivery) return undefined
    const { accept = DEFAULT_ACCEPT, maxDecompressedBytes = MAX_DECOMPRESSED_BYTES } = options
    return new Message(delivery, channel, { accept, maxDecompressedBytes, noAck })
  }
}

export interface GetOptions {
  readonly noAck?: boolean
  readonly accept?: readonly string[]
  readonly maxDecompressedBytes?: number
}

const declared = new WeakMap<Channel, WeakMap<Exchange | Queue, Promise<unknown>>>()

/** Declares once per channel, however many ask at the same time; a failed declaration is tried anew. */
export async function maybeDeclare(entity: Exchange | Queue, channel: Channel): Promise<void> {
  let entities = declared.get(channel)
  if (!entities) {
    entities = new WeakMap()
    declared.set(channel, entities)
  }
  let declaration = entities.get(entity)
  if (!declaration) {
    declaration = entity.declare(channel)
    entities.set(entity, declaration)
    declaration.catch(() => entities.delete(entity))
  }
  await declaration
}

function nameOf(exchange: Exchange | string): string {
  return typeof exchange === 'string' ? exchange : exchange.name
}

/** Kombu's options in seconds, AMQP's arguments in milliseconds. */
function limits(queue: string, options: QueueOptions): Record<string, number> {
  const { expires, messageTtl, maxLength, maxPriority } = options
  const given: Record<string, number | undefined> = {
    'x-expires': expires === undefined ? undefined : Math.round(expires * 1000),
    'x-message-ttl': messageTtl === undefined ? undefined : Math.round(messageTtl * 1000),
    'x-max-length': maxLength,
    'x-max-priority': maxPriority,
  }
  const result: Record<string, number> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!(value >= 0))
      throw new InvalidValueError(`queue ${queue}: ${name} is ${value}, it must be 0 or more`)
    result[name] = value
  }
  return result
}
