import { ChannelError, type Connection, Queue } from '@voice-pocket/kombu'
import { Gauge, type Registry } from 'prom-client'
import type { Logger } from '../logger.ts'

export interface QueueLengthsOptions {
  readonly connection: () => Connection
  /** Which queues, now. */
  readonly queues: () => readonly string[]
  readonly register: Registry
  readonly logger: Logger
}

interface Status {
  readonly name: string
  readonly messageCount: number
  /** Redis does not know; there, too, an empty queue is none. */
  readonly consumerCount?: number
}

/** How long an answer counts as the present one: several scrapers are one question to the broker. */
const FRESH_MS = 2_000

/** How long a scrape waits for the broker; it then tells what was known before, if that is not too old. */
const PATIENCE_MS = 1_000
const STALE_MS = 60_000

/**
 * Lengths of queues as the broker tells them, asked for when somebody scrapes. A broker that is away or slow holds up
 * no scrape: there is one question at a time, and when its answer does not come, there is no length.
 */
export class QueueLengths {
  readonly #options: QueueLengthsOptions
  #known: { readonly at: number; readonly statuses: readonly Status[] } = { at: 0, statuses: [] }
  #asking: Promise<void> | undefined

  constructor(options: QueueLengthsOptions) {
    this.#options = options
    this.#gauge(
      'celery_queue_length',
      'Messages that wait in a queue of the broker, for any worker.',
      ({ messageCount }) => messageCount,
    )
    this.#gauge(
      'celery_active_consumer_count',
      'Consumers of a queue of the broker.',
      (status) => status.consumerCount,
    )
  }

  #gauge(name: string, help: string, read: (status: Status) => number | undefined): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['queue_name'],
      registers: [this.#options.register],
      collect: async () => {
        await this.#refresh()
        const { at, statuses } = this.#known
        gauge.reset()
        if (Date.now() - at > STALE_MS) return
        for (const status of statuses) {
          const value = read(status)
          if (value !== undefined) gauge.set({ queue_name: status.name }, value)
        }
      },
    })
  }

  async #refresh(): Promise<void> {
    if (Date.now() - this.#known.at < FRESH_MS) return
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    const { promise: patience, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, PATIENCE_MS)
    await Promise.race([this.#asking, patience])
    clearTimeout(timer)
  }

  /** Never rejects: what cannot be asked for is not told. */
  async #ask(): Promise<void> {
    try {
      const names = [...new Set(this.#options.queues())]
      const asked = await Promise.all(names.map((name) => this.#statusOf(name)))
      this.#known = { at: Date.now(), statuses: asked.filter((status) => status !== undefined) }
    } catch (error) {
      this.#known = { at: 0, statuses: [] }
      this.#options.logger.debug({ err: error }, 'The lengths of the queues cannot be asked for')
    }
  }

  /** On a channel of its own: a queue that does not exist closes the channel it was asked for on. */
  async #statusOf(name: string): Promise<Status | undefined> {
    const connection = this.#options.connection()
    const channel = await connection.channel()
    const { declaredQueues } = connection.transport.implements
    try {
      const { messageCount, consumerCount } = await new Queue(name).status(channel)
      return { name, messageCount, ...(declaredQueues && { consumerCount }) }
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error
      return declaredQueues ? undefined : { name, messageCount: 0 }
    } finally {
      await channel.close()
    }
  }
}
