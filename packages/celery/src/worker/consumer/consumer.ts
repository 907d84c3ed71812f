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
import { isQuorum } from '../../app/queues.ts'
import { Blueprint } from '../../bootsteps.ts'
import type { EventDispatcher } from '../../events/dispatcher.ts'
import { CeleryError } from '../../exceptions.ts'
import type { Logger } from '../../logger.ts'
import type { Autoscaler } from '../autoscale.ts'
import type { PrefetchCount } from '../prefetch.ts'
import type { Presence } from '../presence.ts'
import type { RateLimits } from '../rate-limits.ts'
import type { RequestParts } from '../request.ts'
import type { WorkerState } from '../state.ts'
import type { Timer } from '../timer.ts'
import { giveUpLateTasks, PrefetchReduction } from './connection-loss.ts'
import { finish } from './finishing.ts'
import type { Gossip } from './gossip.ts'
import { QueueClaims } from './queue-claims.ts'
import { consumerSteps } from './steps.ts'

/** A round that ends sooner is followed by a pause, so that a broker which lets go at once is not hammered. */
const SHORTEST_ROUND_MS = 1000

/** Without a connection there is little that a step could finish. */
const RESTARTS_WITHIN_MS = 5_000

/** What a worker gives its consumer; steps find it in `parent.parts`. */
export interface ConsumerParts extends RequestParts {
  readonly timer: Timer
  readonly rateLimits: RateLimits
  /** The task queues at first; `Consumer.queues` has them as they are now. */
  readonly queues: readonly Queue[]
  /** Messages taken in advance per slot of the pool; 0 means without limit. */
  readonly prefetchMultiplier: number
  readonly events: EventDispatcher
  /** What changes the size of the pool by itself, where something does. */
  readonly autoscaler: Autoscaler | undefined
  readonly presence: Presence
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
  /** How many messages the broker may have out here, while task queues are consumed. */
  prefetch: PrefetchCount | undefined
  readonly #queues: Map<string, Queue>
  readonly #claims = new QueueClaims()
  /** Queues come and go one after the other. */
  #changing: Promise<void> = Promise.resolve()
  /** Who else is there, where workers hear of each other. */
  gossip: Gossip | undefined
  #connection: Connection | undefined
  /** How many connections it has had; all but the first took the place of one that was lost. */
  connectionCount = 0
  #running: Promise<void> = Promise.resolve()
  /** Aborted, with the reason, when the steps must be restarted or the consumer stopped. */
  #round = new AbortController()
  readonly #stopping = new AbortController()
  readonly #reduction = new PrefetchReduction()
  readonly #quieting = new AbortController()
  readonly #givingUp = new AbortController()

  constructor(parts: ConsumerParts) {
    this.parts = parts
    parts.state.onReleased(() => void this.#restorePrefetchCount())
    this.#queues = new Map(parts.queues.map((queue) => [queue.name, queue]))
    this.blueprint = new Blueprint('Consumer', consumerSteps(parts.app.steps.consumer), parts.logger)
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

  /** Aborts when it is to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Aborts when no more messages are to be taken. */
  get quieting(): AbortSignal {
    return this.#quieting.signal
  }

  /** Aborts when what runs is not to be waited for. */
  get givingUp(): AbortSignal {
    return this.#givingUp.signal
  }

  /** The one of this round. @throws OperationalError when there is none */
  get connection(): Connection {
    if (this.#connection) return this.#connection
    throw new OperationalError('There is no connection to the broker at the moment.')
  }

  /** The task queues: those it was started with, and what remote control made of them. */
  get queues(): readonly Queue[] {
    return [...this.#queues.values()]
  }

  /** Takes tasks from one more queue, also after reconnections. Rejects when the broker refuses to have it. */
  addTaskQueue(queue: Queue): Promise<void> {
    return this.#change(async () => {
      if (this.#queues.has(queue.name)) return
      this.#claims.assertFree(queue.name)
      await this.#probe(queue)
      this.#queues.set(queue.name, queue)
      this.taskConsumer?.addQueue(queue)
      await this.taskConsumer?.consume()
      this.logger.info(`Started consuming from ${queue.name}`)
    })
  }

  /** Takes no more tasks from a queue; those it has are run. */
  cancelTaskQueue(name: string): Promise<void> {
    return this.#change(async () => {
      this.#queues.delete(name)
      await this.taskConsumer?.cancelByQueue(name)
      this.logger.info(`No longer consuming from ${name}`)
    })
  }

  /** Says which queues a step takes messages from. @throws ImproperlyConfigured when one is a task queue */
  claimQueues(step: string, queues: readonly string[]): void {
    this.#claims.claim(step, queues, (queue) => this.#queues.has(queue))
  }

  /** For the size that the pool has now. */
  get prefetchCount(): number {
    return this.prefetch?.value ?? this.initialPrefetchCount
  }

  get initialPrefetchCount(): number {
    const { autoscaler, pool, prefetchMultiplier } = this.parts
    return (autoscaler?.max ?? pool.limit) * prefetchMultiplier - this.#reduction.value
  }

  async updatePrefetchCount(): Promise<void> {
    await this.prefetch?.resize(this.initialPrefetchCount)
  }

  /** Takes no more messages. */
  async quiet(): Promise<void> {
    this.#quieting.abort()
    await this.taskConsumer?.cancel()
  }

  /** Takes no more messages; what steps of the program run is not waited for, now or in `stop`. */
  giveUp(): void {
    this.#quieting.abort() // before: what is given back must not come here again
    this.#givingUp.abort()
  }

  /** Finishes what it holds. Returns when all steps have stopped. */
  async stop(): Promise<void> {
    this.#quieting.abort()
    this.#stopping.abort()
    await this.#running.catch(() => {}) // whoever called `run` hears of it
    await this.blueprint.stop(this)
    this.parts.pool.close()
    await finish(this) // there was no connection to finish on
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
        this.#onLoss()
      } finally {
        if (!this.isStopping) await this.blueprint.stop(this, { withinMs: RESTARTS_WITHIN_MS })
      }
      await pause.catch(() => {})
    }
  }

  #onLoss(): void {
    const { state, app, parts, queues, logger } = this
    giveUpLateTasks(state, app.conf)
    // The prefetch count of a quorum queue's consumer stands from its start: it could not be restored.
    if (!app.conf.workerEnablePrefetchCountReduction || queues.some(isQuorum)) return
    const most = this.initialPrefetchCount + this.#reduction.value
    this.#reduction.lose(state.active.size, most, parts.prefetchMultiplier, logger)
  }

  async #restorePrefetchCount(): Promise<void> {
    if (!this.#reduction.restore(this.parts.prefetchMultiplier)) return
    try {
      await this.updatePrefetchCount()
    } catch (error) {
      this.logger.warn({ err: error }, 'The prefetch count is not set')
    }
  }

  /** A channel of the current connection. When the broker closes it, all steps are restarted. */
  async channel(): Promise<Channel> {
    const channel = await this.connection.channel()
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
    const maxRetries = onStartup || this.connectionCount > 0 ? most || Number.POSITIVE_INFINITY : 0
    const onError = (error: unknown, waitMs: number) =>
      this.logger.error(`${(error as Error).message}. Trying again in ${(waitMs / 1000).toFixed(1)} s.`)
    try {
      await connection.ensureConnection({ signal: this.#stopping.signal, maxRetries, onError })
    } catch (cause) {
      if (this.isStopping || !(cause instanceof OperationalError)) throw cause
      throw new CeleryError(`Gave up: ${cause.message}. Start the broker, or correct 'brokerUrl'.`, { cause })
    }
    this.connectionCount += 1
    this.logger.info(`Connected to ${connection.asUri()}`)
  }

  async disconnect(): Promise<void> {
    await this.#connection?.close()
    this.#connection = undefined
  }

  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change)
    this.#changing = changed.catch(() => {}) // whoever asked for it hears of it
    return changed
  }

  /** On a channel of its own: a refusal closes the channel, and would end every step with the one they share. */
  async #probe(queue: Queue): Promise<void> {
    const channel = await this.connection.channel()
    try {
      await queue.declare(channel)
    } finally {
      await channel.close()
    }
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
