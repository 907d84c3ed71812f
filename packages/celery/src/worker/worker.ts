import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { DeadLetters, type Queue } from '@voice-pocket/kombu'
import type { Celery } from '../app/celery.ts'
import { importModules } from '../app/import-modules.ts'
import type { LooseSettings } from '../app/settings.ts'
import { trace } from '../app/trace.ts'
import { Blueprint } from '../bootsteps.ts'
import type { Pool } from '../concurrency/base.ts'
import { createPool, hasChildren, type PoolName } from '../concurrency/index.ts'
import { assertReachableByChildren } from '../concurrency/shared-stores.ts'
import type { EventDispatcher } from '../events/dispatcher.ts'
import { type Logger, silentLogger } from '../logger.ts'
import { defaultNodeName, expandNodeName } from '../node-names.ts'
import type { Signal } from '../signals.ts'
import type { AutoscaleRange, Autoscaler } from './autoscale.ts'
import { createAutoscaler, keepaliveOf } from './autoscale-options.ts'
import type { Clock } from './clock.ts'
import { AutoscalerStep, ConsumerStart, PoolStep, StateDbStep } from './components.ts'
import { Consumer } from './consumer/consumer.ts'
import { MetricsStep } from './metrics-step.ts'
import { type Presence, type PresenceOptions, presenceOf } from './presence.ts'
import { rateLimitsOf } from './rate-limits.ts'
import { Reporter } from './report.ts'
import { ResultCleanup } from './result-cleanup.ts'
import { Revocations, revocationLimits } from './revocations.ts'
import { softly } from './soft-shutdown.ts'
import { WorkerState } from './state.ts'
import { Timer } from './timer.ts'

export interface WorkerOptions extends PresenceOptions {
  /** How many tasks run at once; `workerConcurrency` unless given. */
  readonly concurrency?: number
  /** `workerPool` unless given. */
  readonly pool?: PoolName
  /** Names of the queues to consume from; the configured ones unless given. */
  readonly queues?: readonly string[]
  /** Of these, the names of those not to consume from. */
  readonly excludeQueues?: readonly string[]
  /** Modules to import besides those of the settings. */
  readonly include?: readonly string[]
  /** Node name, `name@host`; must be unique. */
  readonly hostname?: string
  readonly prefetchMultiplier?: number
  /** The pool grows and shrinks with the demand, instead of having `concurrency` slots. */
  readonly autoscale?: AutoscaleRange
  /** Path of the file in which it remembers what was revoked; `workerStateDb` unless given. */
  readonly stateDb?: string
  /** Path of the module that exports the app; the pool `prefork` needs it. */
  readonly appModule?: string
  /** Environment of the pool's children, and Celery's own variables; this process's own unless given. */
  readonly env?: NodeJS.ProcessEnv
  /** Settings to give the pool's children over those in the module. */
  readonly settings?: LooseSettings
  readonly logger?: Logger
  /** The time that eta, expiry and rate limits go by; the system's unless given. */
  readonly clock?: Clock
}

type Phase = 'new' | 'starting' | 'running' | 'stopping' | 'stopped'

/**
 * One worker: a pool, a consumer, and the order in which they come and go.
 * 1. `start` returns when the worker consumes; `finished` settles when it is over, whatever ended it.
 * 2. `stop` is the warm shutdown: take no more, finish what runs, settle it, go.
 * 3. `terminate` is the cold one: end what runs; messages not yet acknowledged go back to their queues.
 * 4. `softShutdown` is a warm one with a time limit (`workerSoftShutdownTimeout`), and then a cold one.
 */
export class WorkController {
  readonly app: Celery
  readonly hostname: string
  readonly queues: readonly Queue[]
  readonly poolName: PoolName
  readonly concurrency: number
  readonly logger: Logger
  readonly state: WorkerState
  /** Path of the file that remembers what was revoked; undefined: none does. */
  readonly stateDb: string | undefined
  readonly autoscaleKeepaliveMs: number
  readonly #options: WorkerOptions
  readonly #presence: Presence
  readonly #blueprint: Blueprint<WorkController>
  readonly #finished = Promise.withResolvers<void>()
  #phase: Phase = 'new'
  #pool: Pool | undefined
  #consumer: Consumer | undefined
  #autoscaler: Autoscaler | undefined
  #ending: Promise<void> | undefined

  constructor(app: Celery, options: WorkerOptions = {}) {
    this.app = app
    this.#options = options
    this.#presence = presenceOf(options, app.conf.workerSendTaskEvents)
    this.logger = options.logger ?? silentLogger
    this.hostname = options.hostname ?? defaultNodeName()
    const { env = process.env, stateDb = app.conf.workerStateDb } = options
    this.state = new WorkerState(new Revocations(revocationLimits(env)))
    this.stateDb = stateDb === '' ? undefined : expandNodeName(stateDb, this.hostname)
    this.autoscaleKeepaliveMs = keepaliveOf(env)
    this.poolName = options.pool ?? app.conf.workerPool
    this.concurrency =
      this.poolName === 'solo'
        ? 1
        : options.autoscale?.max ||
          options.concurrency ||
          app.conf.workerConcurrency ||
          availableParallelism()
    this.queues = app.amqp.queues
      .ofWorker(this.hostname, options.queues)
      .filter(({ name }) => !options.excludeQueues?.includes(name))
    this.#blueprint = new Blueprint(
      'Worker',
      [MetricsStep, PoolStep, StateDbStep, ConsumerStart, AutoscalerStep, ResultCleanup, ...app.steps.worker],
      this.logger,
    )
    this.#finished.promise.catch(() => {}) // whoever asks for it hears of it
  }

  /** Its steps, each with those it requires. */
  get graph(): ReadonlyMap<string, readonly string[]> {
    return this.#blueprint.graph
  }

  /** Settles when the worker is over: resolves after `stop` or `terminate`, rejects with what ended it otherwise. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  get pool(): Pool {
    return started(this.#pool)
  }

  /** What lets the pool follow the demand, with `autoscale`. */
  get autoscaler(): Autoscaler | undefined {
    return this.#autoscaler
  }

  /** Between which bounds the pool scales, when it does. */
  get autoscaleRange(): AutoscaleRange | undefined {
    return this.#options.autoscale
  }

  get consumer(): Consumer {
    return started(this.#consumer)
  }

  /** Resolves when the worker consumes, or was stopped before it could. Rejects, all stopped again, when a step fails. */
  async start(): Promise<this> {
    if (this.#phase !== 'new') throw new Error('A worker starts once. Make another one with app.worker().')
    this.#phase = 'starting'
    try {
      await this.#announceStart()
      await importModules(this.app, this.#options.include)
      await this.app.backend() // a wrong address is reported now, not by each task
      this.#pool = await this.#makePool()
      this.#autoscaler = await this.#makeAutoscaler(this.#pool)
      this.#consumer = this.#makeConsumer(this.#pool)
      await this.#tell(this.app.signals.celerydAfterSetup, { instance: this, conf: this.app.conf })
      if (this.#ending === undefined) await this.#blueprint.start(this)
      if (this.#phase === 'starting') await this.#announceReady()
    } catch (error) {
      const wasToldToEnd = this.#ending !== undefined
      await this.terminate()
      if (!wasToldToEnd) throw error
    }
    return this
  }

  /** Warm shutdown. Twice is fine; before `start` is fine. */
  async stop(): Promise<void> {
    this.#ending ??= this.#end('stop')
    await this.#ending
  }

  /** Cold shutdown, also of a worker that is stopping already. Twice is fine. */
  async terminate(): Promise<void> {
    this.#consumer?.giveUp()
    if (this.#ending && this.#phase !== 'stopped') await this.#pool?.terminate()
    this.#ending ??= this.#end('terminate')
    await this.#ending
  }

  /** Lets what runs go on for `workerSoftShutdownTimeout`, then shuts down cold; `terminate` cuts the wait short. */
  async softShutdown(): Promise<void> {
    const { workerSoftShutdownTimeout: seconds, workerEnableSoftShutdownOnIdle: onIdle } = this.app.conf
    if (seconds > 0 && this.#consumer && (onIdle || this.state.active.size > 0)) {
      this.logger.warn(`Initiating Soft Shutdown, terminating in ${seconds} seconds`)
      await softly(seconds, { quiet: () => this.consumer.quiet(), finish: () => this.stop(), onIdle })
    }
    await this.terminate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** For the step that starts the consumer: returns when it consumes; it goes on in the background. */
  async startConsumer(): Promise<void> {
    const ready = Promise.withResolvers<void>()
    const run = this.consumer.run(ready.resolve)
    run.then(ready.resolve, ready.reject)
    await ready.promise
    run.catch((error: unknown) => this.#fail(error))
  }

  async #announceStart(): Promise<void> {
    const { app } = this
    await this.#tell(app.signals.celerydInit, { instance: this, conf: app.conf, options: this.#options })
    await this.#tell(app.signals.workerInit, { worker: this })
  }

  async #announceReady(): Promise<void> {
    this.#phase = 'running'
    await this.#tell(this.app.signals.workerReady, { worker: this })
  }

  #tell<Payload>(signal: Signal<Payload>, payload: Payload): Promise<void> {
    return signal.send(payload, this.logger, this.hostname)
  }

  async #fail(error: unknown): Promise<void> {
    this.logger.error({ err: error }, 'The worker cannot go on')
    this.#finished.reject(error)
    await this.stop()
  }

  async #end(verb: 'stop' | 'terminate'): Promise<void> {
    this.#phase = 'stopping'
    await this.#blueprint[verb](this)
    this.#phase = 'stopped'
    await this.#tell(this.app.signals.workerShutdown, { worker: this })
    this.#finished.resolve()
  }

  async #makePool(): Promise<Pool> {
    const { appModule, env = process.env, settings = {} } = this.#options
    if (hasChildren(this.poolName)) assertReachableByChildren(this.app.conf, this.poolName)
    return createPool(this.poolName, {
      limit: this.#options.autoscale?.min ?? this.concurrency,
      run: (job, options) => trace(this.app, job.wire, options),
      appModule: appModule === undefined ? undefined : resolve(appModule),
      settings,
      modules: this.#options.include ?? [],
      env,
      cancelWaitMs: this.app.conf.workerCancelWait * 1000,
      maxTasksPerChild: this.app.conf.workerMaxTasksPerChild,
      maxMemoryPerChild: this.app.conf.workerMaxMemoryPerChild,
      beforeSpawn: () => void this.#tell(this.app.signals.workerBeforeCreateProcess, { worker: this }),
      logger: this.logger,
    })
  }

  async #makeAutoscaler(pool: Pool): Promise<Autoscaler | undefined> {
    const { autoscale } = this.#options
    if (autoscale === undefined) return undefined
    return createAutoscaler(this.app.conf.workerAutoscaler, {
      ...autoscale,
      pool,
      keepaliveMs: this.autoscaleKeepaliveMs,
      demand: () => this.state.reserved.size,
      logger: this.logger,
    })
  }

  /** Without `-E` only of the worker itself, until a monitor asks for more. */
  #makeEvents(): EventDispatcher {
    const { sendsTaskEvents, hasHeartbeat, gossips } = this.#presence
    return this.app.events.dispatcher({
      hostname: this.hostname,
      groups: sendsTaskEvents ? [] : ['worker'],
      batchedGroups: ['task'],
      isEnabled: sendsTaskEvents || hasHeartbeat || gossips,
      logger: this.logger,
    })
  }

  #makeConsumer(pool: Pool): Consumer {
    const { app, state, logger, hostname } = this
    const deadLetters = new DeadLetters(app.connection, { queue: app.conf.workerDeadLetterQueue })
    const { workerDisablePrefetch, workerPrefetchMultiplier } = app.conf
    const multiplier = workerDisablePrefetch
      ? 1
      : (this.#options.prefetchMultiplier ?? workerPrefetchMultiplier)
    const timer = new Timer(this.#options.clock)
    const events = this.#makeEvents()
    return new Consumer({
      app,
      pool,
      state,
      deadLetters,
      reporter: new Reporter(app, logger, events),
      events,
      presence: this.#presence,
      autoscaler: this.#autoscaler,
      logger,
      hostname,
      timer,
      rateLimits: rateLimitsOf(app, timer),
      queues: this.queues,
      prefetchMultiplier: multiplier,
      onShutdown: () => {
        logger.warn('Got shutdown from remote control')
        void this.stop()
      },
    })
  }
}

function started<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('The worker was not started yet. Call start() first.')
  return part
}
