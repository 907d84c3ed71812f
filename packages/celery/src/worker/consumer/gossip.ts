import type { Channel, Consumer as MessageConsumer } from '@voice-pocket/kombu'
import { ConsumerStep } from '../../bootsteps.ts'
import type { ReceivedEvent } from '../../events/event.ts'
import { eventConsumer } from '../../events/receiver.ts'
import { State } from '../../events/state.ts'
import type { Consumer } from './consumer.ts'
import { Mingle, SHARED_DRIVERS } from './mingle.ts'

/** So long an event waits while this worker is busy; the next heartbeat makes up for it. */
const EVENT_TTL_SECONDS = 2

/** How often it looks who is missing, as in Celery. */
const LOOK_AFTER_MS = 5000

/**
 * Hears what other workers say of themselves, and knows who is there (`state`). It never takes part in elections:
 * one vote sent to a worker of Celery 5.6 that is alone ends it.
 */
export class Gossip extends ConsumerStep<Consumer> {
  static override readonly requires = [Mingle]
  readonly state: State
  readonly #parent: Consumer
  #timer: NodeJS.Timeout | undefined

  constructor(parent: Consumer) {
    super()
    const { logger } = parent
    this.#parent = parent
    this.state = new State({
      maxTasksInMemory: 1,
      onNodeJoin: ({ hostname }) => logger.debug(`${hostname} joined the party`),
      onNodeLeave: ({ hostname }) => logger.debug(`${hostname} left`),
    })
  }

  override includeIf({ parts, connection }: Consumer): boolean {
    return parts.presence.gossips && SHARED_DRIVERS.has(connection.transport.driverType)
  }

  override async start(parent: Consumer): Promise<void> {
    parent.gossip = this
    await super.start(parent)
    this.#timer = setInterval(() => this.#look(), LOOK_AFTER_MS)
    this.#timer.unref()
  }

  override getConsumers(channel: Channel): readonly MessageConsumer[] {
    const { app, connection, logger } = this.#parent
    const source = app.events.source({
      routingKey: 'worker.#',
      queueTtl: EVENT_TTL_SECONDS,
      onEvent: (event) => this.#hear(event),
      onError: (error) => logger.error({ err: error }, 'gossip: an event cannot be understood'),
    })
    return [eventConsumer(connection, channel, source)]
  }

  override async stop(parent: Consumer): Promise<void> {
    clearInterval(this.#timer)
    if (parent.gossip === this) parent.gossip = undefined
    await super.stop(parent)
  }

  /** On Redis events of tasks may come as well. */
  #hear(event: ReceivedEvent): void {
    if (event.type.startsWith('worker-') && event.hostname !== this.#parent.hostname) this.state.event(event)
  }

  #look(): void {
    for (const worker of this.state.workers.values()) {
      if (worker.alive) continue
      this.#parent.logger.info(`missed heartbeat from ${worker.hostname}`)
      this.state.workers.delete(worker.hostname)
    }
  }
}
