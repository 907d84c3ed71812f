import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Channel,
  ChannelError,
  type Connection,
  type Consumer as MessageConsumer,
  OperationalError,
  type Queue,
} from '@voice-pocket/kombu'
import type { Celery } from '../../app/celery.ts'
import { Blueprint } from '../../bootsteps.ts'
import { CeleryError } from '../../exceptions.ts'
import type { Logger } from '../../logger.ts'
import type { RateLimits } from '../rate-limits.ts'
import type { RequestParts } from '../request.ts'
import type { WorkerState } from '../state.ts'
import type { Timer } from '../timer.ts'
import { Connection as ConnectionStep } from './connection.ts'
import { Control } from './control.ts'
import { DelayedDelivery } from './delayed-delivery.ts'
import { Tasks } from './tasks.ts'

/** A round that ends sooner is followed by a pause, so that a broker which lets go at once is not hammered. */
const SHORTEST_ROUND_MS = 1000

/** Its own steps; a program adds to them with `app.steps.consumer`. */
const STEPS = [ConnectionStep, Control, Tasks, DelayedDelivery]

/** What a worker gives its consumer; steps find it in `parent.parts`. */
export interface ConsumerParts extends RequestParts {
  readonly timer: Timer
  readonly rateLimits: RateLimits
  readonly queues: readonly Queue[]
  readonly prefetchCount: number
  /** Somebody asked the worker to leave, by remote control. */
  readonly onShutdown: () => void
}

/**
 * Connects, boots the steps, drains until closed, reconnects.
 * 1. All that depends on the connection is a step: it is made anew with each connection.
 * 2. A lost connection, and a channel that the broker closed, restart all of them.
 * 3. `stop` lets the steps finish what they hold.
 */
export class Consumer {
  readonly parts: ConsumerParts
  readonly blueprint: Blueprint<Consumer>
  /** What consumes the task queues, while it does. */
  taskConsumer: MessageConsumer | undefined
  #connection: Connection | undefined
  #wasConnected = false
  #running: Promise<void> = Promise.resolve()
  /** Aborted, with the reason, when the steps must be restarted or the consumer stopped. */
  #round = new AbortController()
  readonly #stopping = new AbortController()

  constructor(parts: ConsumerParts) {
    this.parts = parts
    this.blueprint = new Blueprint('Consumer', [...STEPS, ...parts.app.steps.consumer], parts.logger)
  }

  get app(): Celery {
    return this.parts.app
  }

  get state(): WorkerState {
    return this.parts.state
  }

  get logger(): Logger {
    return this.parts.logger
  }

  /** Node name, `name@host`. */
  get hostname(): string {
    return this.parts.hostname
  }

  /**
   * Runs until stopped. Rejects with what makes going on pointless: a queue that exists with other arguments, no
   * permission, a step that fails, a broker that does not come back.
   * @param onReady called each time that all steps have started
   */
  run(onReady: () => void): Promise<void> {
    this.#running = this.#run(onReady)
    return this.#running
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Takes no more task messages. */
  async quiet(): Promise<void> {
    await this.taskConsumer?.cancel()
  }

  /** Finishes what it holds. Returns when all steps have stopped. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running.catch(() => {}) // whoever called `run` hears of it
    await this.blueprint.stop(this)
  }

  async #run(onReady: () => void): Promise<void> {
    while (!this.isStopping) {
      this.#round = new AbortController()
      const pause = sleep(SHORTEST_ROUND_MS, undefined, { signal: this.#stopping.signal })
      pause.catch(() => {}) // stopping ends the pause
      try {
        await this.blueprint.start(this)
        onReady()
        await this.#drain()
      } catch (error) {
        if (this.isStopping) return
        if (!(error instanceof OperationalError) || !this.app.conf.brokerConnectionRetry) throw error
        this.logger.warn(`The connection to the broker was lost, getting it back: ${error.message}`)
      } finally {
        if (!this.isStopping) await this.blueprint.stop(this)
      }
      await pause.catch(() => {})
    }
  }

  /** A channel of the current connection. When the broker closes it, all steps are restarted. */
  async channel(): Promise<Channel> {
    if (!this.#connection) throw new OperationalError('There is no connection to the broker at the moment.')
    const channel = await this.#connection.channel()
    void channel.closed.then((reason) => reason && this.restart(reason))
    return channel
  }

  /** Restarts every step, because of an error. */
  restart(reason: Error): void {
    this.#round.abort(reason)
  }

  /** For the step `Connection`. */
  async connect(): Promise<void> {
    const { brokerConnectionRetryOnStartup: onStartup, brokerConnectionMaxRetries: most } = this.app.conf
    const connection = this.app.newConnection(this.hostname)
    this.#connection = connection
    const maxRetries = onStartup || this.#wasConnected ? most || Number.POSITIVE_INFINITY : 0
    const onError = (error: unknown, waitMs: number) =>
      this.logger.error(`${(error as Error).message}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`)
    try {
      await connection.ensureConnection({ signal: this.#stopping.signal, maxRetries, onError })
    } catch (cause) {
      if (this.isStopping || !(cause instanceof OperationalError)) throw cause
      throw new CeleryError(`Gave up: ${cause.message}. Start the broker, or correct 'brokerUrl'.`, { cause })
    }
    this.#wasConnected = true
    this.logger.info(`Connected to ${connection.asUri()}`)
  }

  async disconnect(): Promise<void> {
    await this.#connection?.close()
    this.#connection = undefined
  }

  async #drain(): Promise<void> {
    await this.#connection?.drainEvents({
      signal: AbortSignal.any([this.#round.signal, this.#stopping.signal]),
    })
    const { reason } = this.#round.signal
    if (this.#stopping.signal.aborted || !(reason instanceof Error)) return
    // The broker closed a channel of a living connection, e.g. an acknowledgement came too late (consumer_timeout).
    if (reason instanceof ChannelError) throw new OperationalError(reason.message, { cause: reason })
    throw reason instanceof OperationalError
      ? reason
      : new OperationalError(reason.message, { cause: reason })
  }
}
