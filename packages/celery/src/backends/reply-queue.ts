import { randomUUID } from 'node:crypto'
import {
  type Channel,
  type Connection,
  Consumer,
  ConsumerMixin,
  type Message,
  OperationalError,
  Producer,
  Queue,
} from '@voice-pocket/kombu'

export interface ReplyQueueOptions {
  /** Declares and publishes; replies are consumed on another connection to the same place. */
  readonly connection: Connection
  readonly name: string
  /** Seconds after which the broker removes the queue when nobody consumes it; 0 means never. */
  readonly expiresSeconds: number
  /** Called with one reply at a time. Must not throw. */
  readonly onReply: (message: Message) => Promise<void>
  /** The broker refuses the queue: no reply will come until `consume` is called again. */
  readonly onLost: (error: unknown) => void
}

/** The `type` of what a queue sends to itself, which no reply has. */
const MARKER = 'celery.rpc.marker'

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * One client's queue of replies. Its duties:
 * 1. the queue is there before a task is sent: the broker drops replies to a queue that does not exist;
 * 2. it is consumed from the first `consume` until `close`, over lost connections. Unlike Python's it is not
 *    deleted with its last consumer, so that replies wait while a connection is made anew: `close` deletes it,
 *    and the broker, after its time, when the client died;
 * 3. `sync` resolves when everything has been handled that was in the queue before.
 */
export class ReplyQueue {
  readonly #options: ReplyQueueOptions
  readonly #queue: Queue
  readonly #producer: Producer
  readonly #markers = new Map<string, Waiter>()
  #declared: { readonly channel: Channel; readonly until: number } | undefined
  #consuming: { readonly loop: ReplyLoop; readonly ready: Promise<void> } | undefined
  #handled = Promise.resolve()

  constructor(options: ReplyQueueOptions) {
    const { connection, name, expiresSeconds } = options
    this.#options = options
    this.#queue = new Queue(name, { durable: false, ...(expiresSeconds > 0 && { expires: expiresSeconds }) })
    this.#producer = new Producer(connection)
  }

  /** Asks the broker once per channel, and again before the queue could have expired. */
  async declare(): Promise<void> {
    await this.#options.connection.ensure(async (channel) => {
      if (this.#declared?.channel === channel && Date.now() < this.#declared.until) return
      const { expiresSeconds } = this.#options
      const until = expiresSeconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + expiresSeconds * 500
      await this.#queue.declare(channel)
      this.#declared = { channel, until }
    })
  }

  /** Resolves when replies come, however long that takes; rejects when the broker refuses the queue. */
  consume(): Promise<void> {
    this.#consuming ??= this.#start()
    return this.#consuming.ready
  }

  /** Call `consume` first. Rejects with OperationalError when the broker stays away. */
  async sync(): Promise<void> {
    const id = randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#markers.set(id, { resolve, reject })
    this.#mark(id)
    try {
      await promise
    } finally {
      this.#markers.delete(id)
    }
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    const loop = this.#consuming?.loop
    this.#consuming = undefined
    await loop?.stop()
    await this.#delete()
    await loop?.connection.close()
    await this.#producer.close()
  }

  #start(): { loop: ReplyLoop; ready: Promise<void> } {
    const ready = Promise.withResolvers<void>()
    const loop = new ReplyLoop(this.#options.connection.clone(), this.#queue, {
      onMessage: (message) => this.#receive(message),
      onReady: () => {
        ready.resolve()
        // Those under way were lost if the broker was restarted; a second one is harmless.
        for (const id of this.#markers.keys()) this.#mark(id)
      },
    })
    loop.run().catch(async (error: unknown) => {
      this.#consuming = undefined
      ready.reject(error)
      for (const { reject } of this.#markers.values()) reject(error)
      this.#options.onLost(error)
      await loop.connection.close()
    })
    return { loop, ready: ready.promise }
  }

  #mark(id: string): void {
    const options = {
      routingKey: this.#queue.name,
      correlationId: id,
      type: MARKER,
      deliveryMode: 1 as const,
    }
    this.#producer.publish(null, options).catch((error: unknown) => this.#markers.get(id)?.reject(error))
  }

  /** One after the other, so that a marker is handled after what came before it. */
  #receive(message: Message): Promise<void> {
    this.#handled = this.#handled.then(async () => {
      const { type, correlationId = '' } = message.properties
      if (type === MARKER) this.#markers.get(correlationId)?.resolve()
      else await this.#options.onReply(message)
    })
    return this.#handled.then(() => message.ack())
  }

  async #delete(): Promise<void> {
    const { connection } = this.#options
    if (this.#declared === undefined || !connection.isConnected) return
    try {
      await this.#queue.delete(await connection.defaultChannel())
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error
      // The broker is away; it removes the queue by itself after its time.
    }
  }
}

interface LoopCallbacks {
  readonly onMessage: (message: Message) => Promise<void>
  readonly onReady: () => void
}

class ReplyLoop extends ConsumerMixin {
  readonly #queue: Queue
  readonly #callbacks: LoopCallbacks

  constructor(connection: Connection, queue: Queue, callbacks: LoopCallbacks) {
    super(connection)
    this.#queue = queue
    this.#callbacks = callbacks
  }

  override getConsumers(channel: Channel): readonly Consumer[] {
    const { onMessage } = this.#callbacks
    return [new Consumer(channel, { queues: [this.#queue], onMessage, onError: report })]
  }

  override onConsumeReady(): void {
    this.#callbacks.onReady()
  }
}

/** What was not acknowledged because its channel was lost comes again. */
function report(error: unknown, { channel }: Message): void {
  if (channel.isOpen) process.emitWarning(`A reply could not be acknowledged: ${String(error)}`)
}
