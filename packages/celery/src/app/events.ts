import { EventDispatcher } from '../events/dispatcher.ts'
import type { ReceivedEvent } from '../events/event.ts'
import { EventReceiver, type EventSource } from '../events/receiver.ts'
import { State, type StateOptions } from '../events/state.ts'
import type { Logger } from '../logger.ts'
import { silentLogger } from '../logger.ts'
import type { Celery } from './celery.ts'

export interface DispatcherOptions {
  /** Who speaks; this client unless given. */
  readonly hostname?: string
  readonly groups?: readonly string[]
  readonly batchedGroups?: readonly string[]
  readonly isEnabled?: boolean
  readonly logger?: Logger
}

export interface ReceiverOptions {
  /** Which events, as a topic: `worker.#`, `task.#`; all unless given. */
  readonly routingKey?: string
  readonly onEvent: (event: ReceivedEvent) => void
  /** A message that is no event, something that `onEvent` threw, a lost connection; unheeded unless given. */
  readonly onError?: (error: unknown) => void
}

/** Events of an app: hear them (`receiver`), put them together (`state`), send them (`dispatcher`). */
export class Events {
  readonly #app: Celery
  readonly #speakers = new Map<string, EventDispatcher>()

  constructor(app: Celery) {
    this.#app = app
  }

  /** Hears events from `run()` until `stop()`. The connection it is given is its own. */
  receiver({ routingKey = '#', onEvent, onError = () => {} }: ReceiverOptions): EventReceiver {
    const source = this.source({ routingKey, onEvent, onError })
    const wakeUp = async () => {
      await this.#app.control.broadcast('heartbeat')
    }
    return new EventReceiver(this.#app.newConnection('events'), source, wakeUp)
  }

  /** A picture of the cluster; give it what a receiver hears: `onEvent: (event) => state.event(event)`. */
  state(options: StateOptions = {}): State {
    return new State(options)
  }

  /** Sends events. Close it when you are done. */
  dispatcher(options: DispatcherOptions = {}): EventDispatcher {
    const { origin, clock, conf } = this.#app
    return new EventDispatcher({
      hostname: options.hostname ?? origin,
      connection: () => this.#app.connection,
      clock,
      exchange: conf.eventExchange,
      serializer: conf.eventSerializer,
      logger: options.logger ?? silentLogger,
      groups: options.groups ?? [],
      batchedGroups: options.batchedGroups ?? [],
      isEnabled: options.isEnabled ?? true,
    })
  }

  /** What this client says of the tasks that it sends. */
  get client(): EventDispatcher {
    return this.speaker(this.#app.origin)
  }

  /** What this process says in the name of a node: of tasks, in the name of the worker that runs them. */
  speaker(hostname: string): EventDispatcher {
    const speaker = this.#speakers.get(hostname) ?? this.dispatcher({ hostname })
    this.#speakers.set(hostname, speaker)
    return speaker
  }

  /** For who hears events on a channel of theirs. */
  source({
    routingKey,
    onEvent,
    onError,
    queueTtl,
  }: Required<ReceiverOptions> & { readonly queueTtl?: number }): EventSource {
    const { clock, conf } = this.#app
    return {
      exchange: conf.eventExchange,
      routingKey,
      queuePrefix: conf.eventQueuePrefix,
      queueTtl: queueTtl ?? conf.eventQueueTtl,
      queueExpires: conf.eventQueueExpires,
      accept: [...new Set([conf.eventSerializer, 'json'])],
      clock,
      onEvent,
      onError,
    }
  }

  /** Sends what this process still has to say. Twice is fine. */
  async close(): Promise<void> {
    const speakers = [...this.#speakers.values()]
    this.#speakers.clear()
    await Promise.all(speakers.map((speaker) => speaker.close()))
  }
}
