import { maybeDeclare, Queue } from './entity.ts'
import { InvalidValueError, SerializationError } from './exceptions.ts'
import { Message } from './message.ts'
import { DEFAULT_ACCEPT, MAX_DECOMPRESSED_BYTES } from './payload.ts'
import type { Channel, Delivery } from './transport/base.ts'
import { uuid } from './uuid.ts'

export type ConsumerCallback = (body: unknown, message: Message) => void | Promise<void>

export interface ConsumerOptions {
  readonly queues: readonly (Queue | string)[]
  /** Serializer names or content types; what is not listed is not decoded. Default `['json']`. */
  readonly accept?: readonly string[]
  /** Called in turn with the decoded body; the next waits for a promise of the one before. */
  readonly callbacks?: readonly ConsumerCallback[]
  /** Called instead of `callbacks`, before anything is decoded. */
  readonly onMessage?: (message: Message) => void | Promise<void>
  /** A body that cannot or may not be decoded; without it such an error goes to `onError`. */
  readonly onDecodeError?: (message: Message, error: SerializationError) => void | Promise<void>
  /** What a callback threw. The message is as the callback left it. Default: say so on stderr. */
  readonly onError?: (error: unknown, message: Message) => void
  /** The broker ended the consumption of a queue, because the queue is gone. Default: say so on stderr. */
  readonly onCancel?: (queue: string) => void
  readonly noAck?: boolean
  /** Unsettled messages at a time, over the whole channel with `globalPrefetch`, else for each queue. 0: no limit. */
  readonly prefetchCount?: number
  readonly globalPrefetch?: boolean
  /** Start of the consumer tags, which the broker's tools show. */
  readonly tagPrefix?: string
  /** Declare the queues first. Default true. */
  readonly autoDeclare?: boolean
  readonly maxDecompressedBytes?: number
}

/**
 * Receives the messages of one or more queues on one channel and hands them to callbacks in the order of
 * delivery. It settles nothing itself: whoever handles a message does. Callbacks may be asynchronous; they run
 * side by side as far as the prefetch count lets them, and `idle()` tells when none is running.
 */
export class Consumer {
  readonly channel: Channel
  readonly #options: ConsumerOptions
  readonly #accept: readonly string[]
  readonly #maxDecompressedBytes: number
  readonly #queues = new Map<string, Queue>()
  /** Queue name to consumer tag, of what is being consumed. */
  readonly #tags = new Map<string, string>()
  readonly #running = new Set<Promise<void>>()

  constructor(channel: Channel, options: ConsumerOptions) {
    if (!options.onMessage && !options.callbacks?.length) {
      throw new InvalidValueError('a consumer needs callbacks or onMessage; nobody would get its messages')
    }
    this.channel = channel
    this.#options = options
    this.#accept = options.accept ?? DEFAULT_ACCEPT
    this.#maxDecompressedBytes = options.maxDecompressedBytes ?? MAX_DECOMPRESSED_BYTES
    for (const queue of options.queues) this.addQueue(queue)
  }

  get queues(): readonly Queue[] {
    return [...this.#queues.values()]
  }

  /** `consume` starts it. A name alone stands for a queue that somebody else declares. */
  addQueue(queue: Queue | string): void {
    const entity = typeof queue === 'string' ? new Queue(queue, { noDeclare: true }) : queue
    this.#queues.set(entity.name, entity)
  }

  consumingFrom(queue: Queue | string): boolean {
    return this.#tags.has(nameOf(queue))
  }

  /**
   * Declares every queue that is not consumed yet, and then subscribes to them: where one is refused, nothing is
   * taken from the others.
   */
  async consume(): Promise<this> {
    const { prefetchCount, globalPrefetch = false, autoDeclare = true } = this.#options
    if (prefetchCount !== undefined) await this.qos({ prefetchCount, global: globalPrefetch })
    const isNew = ({ name }: Queue) => !this.#tags.has(name)
    for (const queue of this.queues.filter(isNew)) {
      if (autoDeclare && !queue.noDeclare) await maybeDeclare(queue, this.channel)
    }
    for (const queue of this.queues) if (isNew(queue)) await this.#subscribe(queue)
    return this
  }

  /** With `global` for the whole channel at once; else for queues that are subscribed to later. */
  async qos(options: { readonly prefetchCount: number; readonly global?: boolean }): Promise<void> {
    await this.channel.basicQos(options.prefetchCount, { global: options.global ?? false })
  }

  /** No message comes after it resolves. What was received stays valid. Twice is fine. */
  async cancel(): Promise<void> {
    await Promise.all([...this.#tags.keys()].map((queue) => this.#unsubscribe(queue)))
  }

  async cancelByQueue(queue: Queue | string): Promise<void> {
    this.#queues.delete(nameOf(queue))
    await this.#unsubscribe(nameOf(queue))
  }

  /** Resolves when no callback is running. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Every message that was received and not settled goes back to its queue. */
  async recover(): Promise<void> {
    await this.channel.basicRecover()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.channel.isOpen) await this.cancel()
    await this.idle()
  }

  async #subscribe(queue: Queue): Promise<void> {
    const noAck = this.#options.noAck ?? queue.noAck
    const consumerTag = `${this.#options.tagPrefix ?? 'kombu-'}${uuid()}`
    // Before the call: the first delivery may come before the broker's answer does.
    this.#tags.set(queue.name, consumerTag)
    try {
      await this.channel.basicConsume(queue.name, {
        consumerTag,
        noAck,
        onDelivery: (delivery) => this.#receive(delivery, noAck),
        onCancel: () => this.#cancelled(queue.name),
      })
    } catch (error) {
      this.#tags.delete(queue.name)
      throw error
    }
  }

  async #unsubscribe(queue: string): Promise<void> {
    const tag = this.#tags.get(queue)
    this.#tags.delete(queue)
    if (tag !== undefined && this.channel.isOpen) await this.channel.basicCancel(tag)
  }

  #receive(delivery: Delivery, noAck: boolean): void {
    const message = new Message(delivery, this.channel, {
      accept: this.#accept,
      maxDecompressedBytes: this.#maxDecompressedBytes,
      noAck,
    })
    try {
      const outcome = this.#dispatch(message)
      if (outcome) this.#follow(outcome, message)
    } catch (error) {
      this.#failed(error, message)
    }
  }

  #dispatch(message: Message): void | Promise<void> {
    const { onMessage, onDecodeError, callbacks = [] } = this.#options
    if (onMessage) return onMessage(message)
    let body: unknown
    try {
      body = message.payload
    } catch (error) {
      if (!onDecodeError || !(error instanceof SerializationError)) throw error
      return onDecodeError(message, error)
    }
    const [first, ...others] = callbacks
    return others.length === 0 ? first?.(body, message) : inTurn(callbacks, body, message)
  }

  #follow(outcome: Promise<void>, message: Message): void {
    const run = outcome
      .catch((error: unknown) => this.#failed(error, message))
      .finally(() => {
        this.#running.delete(run)
      })
    this.#running.add(run)
  }

  #failed(error: unknown, message: Message): void {
    const { onError = reportError } = this.#options
    onError(error, message)
  }

  #cancelled(queue: string): void {
    this.#tags.delete(queue)
    const { onCancel = reportCancel } = this.#options
    onCancel(queue)
  }
}

function reportError(error: unknown, message: Message): void {
  const { queue } = message.deliveryInfo
  const state = message.acknowledged ? 'settled' : 'unsettled; it is delivered again when this channel closes'
  console.error(
    `kombu: the consumer of ${queue} failed on message ${message.deliveryTag}, which is ${state}:`,
    error,
  )
}

function reportCancel(queue: string): void {
  console.error(`kombu: queue ${queue} was deleted; its consumer gets nothing any more`)
}

async function inTurn(
  callbacks: readonly ConsumerCallback[],
  body: unknown,
  message: Message,
): Promise<void> {
  for (const callback of callbacks) await callback(body, message)
}

function nameOf(queue: Queue | string): string {
  return typeof queue === 'string' ? queue : queue.name
}
