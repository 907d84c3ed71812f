import type { RetryPolicy } from './backoff.ts'
import { compress } from './compression.ts'
import { Connection } from './connection.ts'
import { Exchange, maybeDeclare, type Queue } from './entity.ts'
import { InvalidValueError } from './exceptions.ts'
import { RenewableChannel } from './renewable-channel.ts'
import { registry, type Serialized } from './serialization.ts'
import type { Channel, MessageProperties, Payload } from './transport/base.ts'

export interface ProducerOptions {
  /** Where messages go that do not say; default: the default exchange, whose routing keys are queue names. */
  readonly exchange?: Exchange | string
  readonly routingKey?: string
  readonly serializer?: string
  readonly compression?: string
  /** Declare `exchange` before the first message of each channel. */
  readonly autoDeclare?: boolean
  readonly mandatory?: boolean
}

export interface PublishMessageOptions extends Omit<MessageProperties, 'expiration'> {
  readonly exchange?: Exchange | string
  readonly routingKey?: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly serializer?: string
  readonly compression?: string
  /** The body is already in this format: it must be a string or bytes, and is sent as it is. */
  readonly contentType?: string
  readonly contentEncoding?: string
  /** Reject with UnroutableError when no queue would get it. */
  readonly mandatory?: boolean
  /** Declared first, once per channel. */
  readonly declare?: readonly (Exchange | Queue)[]
  /** Publish again when the broker is lost meanwhile. Default true; a producer on a channel never does. */
  readonly retry?: boolean
  readonly retryPolicy?: RetryPolicy
  readonly signal?: AbortSignal
  /** Seconds it may wait in a queue. */
  readonly expiration?: number
}

/**
 * Publishes values. `publish` resolves when the broker has the message, and not before. On a Connection it uses
 * a channel of its own, reopens it when needed, and publishes again after a lost connection (so: at least once);
 * on a Channel it does what it is told and fails with it.
 */
export class Producer {
  readonly exchange: Exchange
  readonly #options: ProducerOptions
  readonly #connection: Connection | undefined
  readonly #channel: RenewableChannel

  constructor(target: Connection | Channel, options: ProducerOptions = {}) {
    this.#connection = target instanceof Connection ? target : undefined
    this.#channel = new RenewableChannel(async () =>
      target instanceof Connection ? target.channel() : target,
    )
    this.#options = options
    this.exchange = asExchange(options.exchange)
  }

  async publish(body: unknown, options: PublishMessageOptions = {}): Promise<void> {
    const exchange = options.exchange === undefined ? this.exchange : asExchange(options.exchange)
    const payload = this.#payload(body, options, exchange)
    const target = {
      exchange: exchange.name,
      routingKey: options.routingKey ?? this.#options.routingKey ?? '',
      mandatory: options.mandatory ?? this.#options.mandatory ?? false,
    }
    const entities = this.#entities(options)
    const send = async (channel: Channel) => {
      for (const entity of entities) await maybeDeclare(entity, channel)
      await channel.basicPublish(payload, target)
    }
    if (!this.#connection || options.retry === false) return send(await this.#channel.get())
    const { retryPolicy, signal } = options
    await this.#connection.ensureOn(this.#channel, send, { ...retryPolicy, ...(signal && { signal }) })
  }

  /** Closes the producer's own channel; one that was passed in stays open. */
  async close(): Promise<void> {
    if (this.#connection) await this.#channel.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #entities(options: PublishMessageOptions): readonly (Exchange | Queue)[] {
    const { declare = [] } = options
    const own =
      (this.#options.autoDeclare ?? true) && options.exchange === undefined && this.exchange.name !== ''
    return own ? [this.exchange, ...declare] : declare
  }

  #payload(body: unknown, options: PublishMessageOptions, exchange: Exchange): Payload {
    const content = this.#serialize(body, options)
    const headers: Record<string, unknown> = { ...options.headers }
    const compression = options.compression ?? this.#options.compression
    let bytes = content.body
    if (compression !== undefined) {
      const compressed = compress(bytes, compression)
      bytes = compressed.body
      headers.compression = compressed.contentType
    }
    return {
      body: bytes,
      contentType: content.contentType,
      contentEncoding: content.contentEncoding,
      headers,
      properties: properties(options, exchange),
    }
  }

  #serialize(body: unknown, options: PublishMessageOptions): Serialized {
    const { contentType, contentEncoding } = options
    if (contentType === undefined) {
      return registry.dumps(body, options.serializer ?? this.#options.serializer ?? 'json')
    }
    if (typeof body === 'string') {
      return { body: Buffer.from(body, 'utf8'), contentType, contentEncoding: contentEncoding ?? 'utf-8' }
    }
    if (body instanceof Uint8Array) {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      return { body: bytes, contentType, contentEncoding: contentEncoding ?? 'binary' }
    }
    throw new InvalidValueError(
      `contentType ${contentType} says the body is already serialized, but it is ${typeof body}; ` +
        'pass a string or bytes, or leave contentType out and name a serializer',
    )
  }
}

function asExchange(exchange: Exchange | string | undefined): Exchange {
  return exchange instanceof Exchange ? exchange : new Exchange(exchange)
}

const PASSED_ON = [
  'correlationId',
  'replyTo',
  'priority',
  'messageId',
  'timestamp',
  'type',
  'userId',
  'appId',
] as const satisfies readonly (keyof MessageProperties)[]

function properties(options: PublishMessageOptions, exchange: Exchange): MessageProperties {
  const result: Record<string, unknown> = { deliveryMode: options.deliveryMode ?? exchange.deliveryMode }
  for (const name of PASSED_ON) {
    if (options[name] !== undefined) result[name] = options[name]
  }
  if (options.expiration !== undefined) {
    if (!(options.expiration >= 0)) {
      throw new InvalidValueError(`expiration is ${options.expiration}, it must be 0 or more seconds`)
    }
    result.expiration = String(Math.round(options.expiration * 1000))
  }
  return result
}
