import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Connection, type LamportClock, OperationalError, Producer } from '@voice-pocket/kombu'
import type { Logger } from '../logger.ts'
import { type Event, type EventFields, eventExchange, groupFrom, routingKeyOf, utcOffset } from './event.ts'

export interface EventDispatcherOptions {
  /** Node name of who speaks. */
  readonly hostname: string
  /** The connection of the moment. */
  readonly connection: () => Connection
  readonly clock: LamportClock
  readonly exchange: string
  readonly serializer: string
  readonly logger: Logger
  /** Groups that are sent, such as `worker`; none named means every group. */
  readonly groups: readonly string[]
  /** Groups whose events are sent as lists. Celery's workers do so with `task`, its clients do not. */
  readonly batchedGroups: readonly string[]
  readonly isEnabled: boolean
}

/** So many events go in one message at most, as in Celery. */
const BATCH_SIZE = 24

/** What a broker has not taken by then is worth little to a monitor: the oldest go. */
const LARGEST_BACKLOG = 10_000

/** Between a broker that is away and the next attempt. */
const RETRY_MS = 1000

/**
 * Sends events. A monitor is never worth a task: sending an event waits for nothing and throws nothing.
 * 1. What is said within one turn of the event loop, or while a message is on its way, is sent together, in order.
 * 2. While the broker is away events are kept, as many as a monitor may still want, and sent when it is back.
 * 3. What cannot be sent at all is dropped, and the log says so.
 */
export class EventDispatcher {
  /** May change at any time; see `EventDispatcherOptions.groups`. */
  readonly groups: Set<string>
  isEnabled: boolean
  readonly #options: EventDispatcherOptions
  readonly #batched: ReadonlySet<string>
  #producer: Producer | undefined
  #producerConnection: Connection | undefined
  #backlog: Event[] = []
  #dropped = 0
  #sending: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(options: EventDispatcherOptions) {
    this.#options = options
    this.#batched = new Set(options.batchedGroups)
    this.groups = new Set(options.groups)
    this.isEnabled = options.isEnabled
  }

  /** Whether an event of this group would be sent: making its fields may cost more than asking. */
  wants(group: string): boolean {
    return this.isEnabled && (this.groups.size === 0 || this.groups.has(group))
  }

  send(type: string, fields: EventFields = {}): void {
    if (!this.wants(groupFrom(type))) return
    const { hostname, clock } = this.#options
    const [timestamp, pid] = [Date.now() / 1000, process.pid]
    const event = {
      hostname,
      utcoffset: utcOffset(),
      pid,
      clock: clock.forward(),
      ...fields,
      timestamp,
      type,
    }
    if (this.#backlog.length >= LARGEST_BACKLOG) {
      this.#backlog.shift()
      this.#dropped += 1
    }
    this.#backlog.push(event)
    if (this.#retry === undefined) this.#begin()
  }

  /** Resolves when everything said so far was sent; or, the broker being away, could not be. */
  async flush(): Promise<void> {
    if (this.#backlog.length > 0) this.#begin()
    await this.#sending
  }

  /** Sends what it can and lets go. It can be used again afterwards. */
  async close(): Promise<void> {
    await this.flush()
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#backlog = []
    await this.#producer?.close()
    this.#producer = undefined
  }

  #begin(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  /** Never rejects. */
  async #sendAll(): Promise<void> {
    await nextTurn()
    while (this.#backlog.length > 0) {
      const batch = this.#backlog.slice(0, this.#batchLength())
      this.#backlog.splice(0, batch.length)
      try {
        await this.#publish(batch)
      } catch (error) {
        if (error instanceof OperationalError) return this.#putBack(batch)
        this.#options.logger.error({ err: error }, `Events cannot be sent, ${batch[0]?.type} among them`)
      }
    }
    if (this.#dropped > 0)
      this.#options.logger.warn(`${this.#dropped} events were dropped while the broker was away`)
    this.#dropped = 0
  }

  /** How many of the next events go into one message. */
  #batchLength(): number {
    const group = groupFrom((this.#backlog[0] as Event).type)
    if (!this.#batched.has(group)) return 1
    const next = this.#backlog.slice(0, BATCH_SIZE)
    const end = next.findIndex(({ type }) => groupFrom(type) !== group)
    return end < 0 ? next.length : end
  }

  #putBack(batch: readonly Event[]): void {
    this.#backlog = [...batch, ...this.#backlog]
    this.#retry = setTimeout(() => this.#begin(), RETRY_MS)
    this.#retry.unref()
  }

  async #publish(batch: readonly Event[]): Promise<void> {
    const { exchange: name, serializer, hostname } = this.#options
    const [first] = batch as [Event]
    const group = groupFrom(first.type)
    const isList = this.#batched.has(group)
    const connection = await this.#options.connection().connect()
    const exchange = eventExchange(name, connection.transport.driverType)
    await this.#producerOn(connection).publish(isList ? batch : first, {
      exchange,
      routingKey: isList ? `${group}.multi` : routingKeyOf(first.type),
      declare: [exchange],
      headers: { hostname },
      serializer,
      retry: false,
      deliveryMode: 1,
      priority: 0,
    })
  }

  #producerOn(connection: Connection): Producer {
    if (this.#producer === undefined || this.#producerConnection !== connection) {
      this.#producer = new Producer(connection)
      this.#producerConnection = connection
    }
    return this.#producer
  }
}
