import { MessageStateError } from './exceptions.ts'
import { readPayload } from './payload.ts'
import type { Channel, Delivery, MessageProperties } from './transport/base.ts'

export interface DeliveryInfo {
  readonly exchange: string
  readonly routingKey: string
  readonly queue: string
  readonly redelivered: boolean
  readonly consumerTag: string | undefined
}

export interface MessageOptions {
  /** Serializer names or content types that `payload` may decode. */
  readonly accept: readonly string[]
  readonly maxDecompressedBytes: number
  /** Delivered without the need to settle: ack, reject and requeue do nothing. */
  readonly noAck: boolean
}

type MessageState = 'received' | 'acknowledged' | 'rejected' | 'requeued'

/**
 * One delivered message. Its duties:
 * 1. decode the body when somebody asks for `payload`, once, and only what `accept` lists;
 * 2. be settled exactly once: ack, reject or requeue; the first call stands, a second one is an error.
 */
export class Message {
  readonly channel: Channel
  readonly body: Buffer
  readonly headers: Record<string, unknown>
  readonly properties: MessageProperties
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly deliveryTag: string
  readonly deliveryInfo: DeliveryInfo
  readonly #options: MessageOptions
  #state: MessageState = 'received'
  #decoded: { readonly payload: unknown } | undefined

  constructor(delivery: Delivery, channel: Channel, options: MessageOptions) {
    this.channel = channel
    this.body = delivery.body
    this.headers = delivery.headers
    this.properties = delivery.properties
    this.contentType = delivery.contentType
    this.contentEncoding = delivery.contentEncoding
    this.deliveryTag = delivery.deliveryTag
    this.deliveryInfo = {
      exchange: delivery.exchange,
      routingKey: delivery.routingKey,
      queue: delivery.queue,
      redelivered: delivery.redelivered,
      consumerTag: delivery.consumerTag,
    }
    this.#options = options
  }

  /** The decoded body. Throws ContentDisallowed or DecodeError, every time alike; the message stays unsettled. */
  get payload(): unknown {
    this.#decoded ??= { payload: this.decode() }
    return this.#decoded.payload
  }

  /** Decodes anew: a copy of one's own. */
  decode(): unknown {
    return readPayload(this, this.#options)
  }

  /** Whether it was settled (or never needs to be). */
  get acknowledged(): boolean {
    return this.#options.noAck || this.#state !== 'received'
  }

  /** Done: the broker forgets it. Resolves when the broker was told. */
  async ack(): Promise<void> {
    if (this.#settle('acknowledged')) await this.channel.basicAck(this.deliveryTag)
  }

  /** Not done: the broker drops it (or dead-letters it, if its queue says so), or gives it out again. */
  async reject(options: { requeue?: boolean } = {}): Promise<void> {
    const requeue = options.requeue === true
    if (this.#settle(requeue ? 'requeued' : 'rejected')) {
      await this.channel.basicReject(this.deliveryTag, { requeue })
    }
  }

  async requeue(): Promise<void> {
    await this.reject({ requeue: true })
  }

  #settle(state: MessageState): boolean {
    if (this.#options.noAck) return false
    if (this.#state !== 'received') {
      throw new MessageStateError(
        `message ${this.deliveryTag} from ${this.deliveryInfo.queue} is already ${this.#state} and cannot be ${state}`,
      )
    }
    this.#state = state
    return true
  }
}
