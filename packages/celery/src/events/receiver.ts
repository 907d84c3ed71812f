import {
  type Channel,
  type Connection,
  Consumer,
  ConsumerMixin,
  type LamportClock,
  Queue,
  uuid,
} from '@voice-pocket/kombu'
import { type Event, eventExchange, type ReceivedEvent } from './event.ts'

/** Where events are heard, and what becomes of them. */
export interface EventSource {
  readonly exchange: string
  /** Which events, as a topic: `#` for all, `worker.#`, `task.#`. */
  readonly routingKey: string
  readonly queuePrefix: string
  /** Seconds an event may wait here. */
  readonly queueTtl: number
  /** Seconds after which an unused queue goes away. */
  readonly queueExpires: number
  readonly accept: readonly string[]
  /** Adjusted by what others say. */
  readonly clock: LamportClock
  readonly onEvent: (event: ReceivedEvent) => void
  /** Somebody sent a message that is no event, or `onEvent` threw. */
  readonly onError: (error: unknown) => void
}

/** Hears events on one channel, in a queue of its own, once it consumes. */
export function eventConsumer(connection: Connection, channel: Channel, source: EventSource): Consumer {
  const queue = new Queue(`${source.queuePrefix}.${uuid()}`, {
    exchange: eventExchange(source.exchange, connection.transport.driverType),
    routingKey: source.routingKey,
    autoDelete: true,
    durable: false,
    messageTtl: source.queueTtl,
    expires: source.queueExpires,
  })
  return new Consumer(channel, {
    queues: [queue],
    accept: source.accept,
    noAck: true,
    callbacks: [(body) => receive(body, source)],
    onDecodeError: (_message, error) => source.onError(error),
    onError: (error) => source.onError(error),
  })
}

/** Workers send events of tasks as lists. */
function receive(body: unknown, { clock, onEvent, onError }: EventSource): void {
  for (const item of Array.isArray(body) ? body : [body]) {
    try {
      onEvent(received(item, clock))
    } catch (error) {
      onError(error)
    }
  }
}

/**
 * Timestamps are left as they are: they are seconds since the epoch everywhere, although Celery's own receiver shifts
 * those of another time zone. @throws TypeError for what is no event
 */
function received(item: unknown, clock: LamportClock): ReceivedEvent {
  const { type, timestamp, hostname } = (item ?? {}) as Partial<Event>
  if (typeof type !== 'string' || typeof timestamp !== 'number' || typeof hostname !== 'string')
    throw new TypeError(
      `An event needs type, hostname and timestamp; this is ${JSON.stringify(item)?.slice(0, 200)}.`,
    )
  return { ...(item as Event), clock: clockOf(item as Event, clock), local_received: Date.now() / 1000 }
}

/** Clients hear from nobody, so that their clocks mean nothing: what they sent is as old as what is known here. */
function clockOf({ type, clock: theirs }: Event, clock: LamportClock): number {
  if (theirs === undefined) return clock.forward()
  const time = type === 'task-sent' ? Math.max(clock.value, 1) - 1 : theirs
  clock.adjust(time)
  return time
}

/**
 * Hears events until stopped (`run`, `stop`), over lost connections as well. Each time it begins to hear, it asks the
 * workers for a heartbeat, so that they are known at once.
 */
export class EventReceiver extends ConsumerMixin {
  readonly #source: EventSource
  readonly #wakeUp: () => Promise<void>
  readonly #ready = Promise.withResolvers<void>()

  /** @param wakeUp asks the workers for a heartbeat */
  constructor(connection: Connection, source: EventSource, wakeUp: () => Promise<void>) {
    super(connection)
    this.#source = source
    this.#wakeUp = wakeUp
  }

  /** Resolves when it hears for the first time. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  override getConsumers(channel: Channel): readonly Consumer[] {
    return [eventConsumer(this.connection, channel, this.#source)]
  }

  override onConsumeReady(): void {
    this.#ready.resolve()
    this.#wakeUp().catch((error: unknown) => this.#source.onError(error))
  }

  /** Its connection goes with it. */
  override async stop(): Promise<void> {
    await super.stop()
    await this.connection.close()
  }

  override onConnectionError(error: unknown): void {
    this.#source.onError(error)
  }
}
