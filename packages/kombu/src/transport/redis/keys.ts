/** How Kombu names things in Redis (kombu/transport/redis.py): queues, bindings, channels and the unacked ledger. */
import type { RedisOptions } from './options.ts'

/** Kombu's scale; what is beyond it counts as its end. */
const HIGHEST_PRIORITY = 9

export class Keys {
  readonly unacked: string
  readonly unackedIndex: string
  readonly unackedMutex: string
  readonly #options: RedisOptions
  readonly #database: number

  constructor(options: RedisOptions, database: number) {
    this.#options = options
    this.#database = database
    this.unacked = this.#prefixed(options.unackedKey)
    this.unackedIndex = this.#prefixed(options.unackedIndexKey)
    this.unackedMutex = this.#prefixed(options.unackedMutexKey)
  }

  /** The lists of a queue, one for each priority step, in the order they are served. */
  lists(queue: string): readonly string[] {
    return this.#options.prioritySteps.map((step) => this.#list(queue, step))
  }

  /** The list that a message of this priority is in. */
  listFor(queue: string, priority: number): string {
    const bounded = Math.min(Math.max(priority, 0), HIGHEST_PRIORITY)
    const step = this.#options.prioritySteps.findLast((each) => each <= bounded)
    return this.#list(queue, step ?? 0)
  }

  bindings(exchange: string): string {
    return this.#prefixed(`_kombu.binding.${exchange}`)
  }

  /** Where a message to a fanout exchange is published. */
  fanoutChannel(exchange: string, routingKey: string): string {
    const channel = `${this.#fanoutPrefix}${exchange}`
    return this.#prefixed(
      routingKey !== '' && this.#options.fanoutPatterns ? `${channel}/${routingKey}` : channel,
    )
  }

  /**
   * What a queue bound to a fanout exchange subscribes to. Without a key it gets everything, as in AMQP (Kombu's gets
   * only what was published without one); with a key what matches it, `*` and `#` both standing for anything.
   */
  fanoutPatterns(exchange: string, routingKey: string): readonly string[] {
    const channel = escapePattern(this.fanoutChannel(exchange, ''))
    if (!this.#options.fanoutPatterns) return [channel]
    if (routingKey === '' || routingKey === '#') return [channel, `${channel}/*`]
    return [`${channel}/${escapePattern(routingKey.replaceAll('#', '*')).replaceAll('\\*', '*')}`]
  }

  /** Ours: everybody who consumes a queue is subscribed to this, so that Redis can count them. */
  consumersChannel(queue: string): string {
    return this.#prefixed(`/${this.#database}/consumers/${queue}`)
  }

  get #fanoutPrefix(): string {
    return this.#options.fanoutPrefix.replaceAll('{db}', String(this.#database))
  }

  #list(queue: string, step: number): string {
    return this.#prefixed(step === 0 ? queue : `${queue}${this.#options.sep}${step}`)
  }

  #prefixed(name: string): string {
    return `${this.#options.globalKeyprefix}${name}`
  }
}

/** Takes the meaning from the characters that have one in PSUBSCRIBE. */
function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}
