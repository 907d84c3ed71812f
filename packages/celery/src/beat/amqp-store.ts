import { setTimeout } from 'node:timers/promises'
import { type Channel, ChannelError, type Connection, Producer, Queue } from '@voice-pocket/kombu'
import { LeadershipLost } from '../exceptions.ts'
import type {
  Leadership,
  LeadOptions,
  ScheduleChanges,
  ScheduleState,
  ScheduleStore,
} from './schedule-store.ts'

/** How often one that stands by asks for the lock again. */
const RETRY_MS = 1_000

/** RabbitMQ's code for a queue that is another connection's own. */
const RESOURCE_LOCKED = 405

export interface AmqpScheduleOptions {
  /** A new connection, for this store alone. */
  readonly connect: () => Connection
  /** Start of the names of its queues. */
  readonly prefix: string
}

/**
 * The schedule in RabbitMQ, for the beats of a cluster, with two queues: `<prefix>.leader`, exclusive to the
 * connection of the one that leads, and gone the moment that connection is; and `<prefix>.schedule`, durable, which holds the
 * state as its only message (`x-max-length: 1`, so that a new one drops the old one). Both are used over one
 * connection: who has lost the lock has lost the way to the state as well.
 */
export class AmqpScheduleStore implements ScheduleStore {
  readonly info: string
  readonly #options: AmqpScheduleOptions
  readonly #leaderships = new Set<AmqpLeadership>()

  constructor(options: AmqpScheduleOptions) {
    this.#options = options
    this.info = `${options.connect().asUri()} ${options.prefix}.schedule`
  }

  async lead({ signal, onStandby, onError }: LeadOptions): Promise<Leadership> {
    const connection = this.#options.connect()
    let isWaiting = false
    try {
      for (;;) {
        signal.throwIfAborted()
        await connection.ensureConnection({ signal, ...(onError && { onError }) })
        const channel = await this.#lock(connection)
        if (channel) return await this.#leadership(connection, channel)
        if (!isWaiting) onStandby(undefined)
        isWaiting = true
        await setTimeout(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
      }
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  async close(): Promise<void> {
    for (const leadership of this.#leaderships) await leadership.release()
  }

  /** The channel on which the lock was taken; undefined while another one has it. */
  async #lock(connection: Connection): Promise<Channel | undefined> {
    const channel = await connection.channel()
    try {
      await channel.queueDeclare(`${this.#options.prefix}.leader`, { exclusive: true, autoDelete: true })
      return channel
    } catch (error) {
      if (error instanceof ChannelError && error.code === RESOURCE_LOCKED) return undefined
      throw error
    }
  }

  async #leadership(connection: Connection, channel: Channel): Promise<AmqpLeadership> {
    const leadership = new AmqpLeadership(connection, channel, `${this.#options.prefix}.schedule`)
    this.#leaderships.add(leadership)
    return leadership
  }
}

class AmqpLeadership implements Leadership {
  readonly lost: AbortSignal
  readonly #lost = new AbortController()
  readonly #connection: Connection
  readonly #channel: Channel
  readonly #queue: Queue
  #state = new Map<string, string>()

  constructor(connection: Connection, channel: Channel, queue: string) {
    this.lost = this.#lost.signal
    this.#connection = connection
    this.#channel = channel
    this.#queue = new Queue(queue, { maxLength: 1 })
    void channel.closed.then((error) => this.#lose(error))
  }

  /** The message stays unacknowledged, and so in the queue, until what was read is written again. */
  async load(): Promise<ScheduleState> {
    await this.#queue.declare(this.#channel)
    const message = await this.#queue.get(this.#channel, { accept: ['json'] })
    if (message) this.#state = new Map(Object.entries(message.decode() as Record<string, string>))
    const state = new Map(this.#state)
    await this.save(new Map())
    await message?.ack()
    return state
  }

  async save(changes: ScheduleChanges): Promise<void> {
    const next = new Map(this.#state)
    for (const [key, value] of changes) value === undefined ? next.delete(key) : next.set(key, value)
    if (!this.#channel.isOpen) throw this.#lose()
    try {
      await new Producer(this.#channel).publish(Object.fromEntries(next), { routingKey: this.#queue.name })
    } catch (cause) {
      throw this.#lose(cause)
    }
    this.#state = next
  }

  async release(): Promise<void> {
    await this.#connection.close()
  }

  #lose(cause?: unknown): LeadershipLost {
    const error = new LeadershipLost(
      'The connection on which this beat led was lost; another one may lead now.',
      { cause },
    )
    this.#lost.abort(error)
    return error
  }
}
