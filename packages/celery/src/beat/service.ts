import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KombuError } from '@voice-pocket/kombu'
import type { Celery } from '../app/celery.ts'
import { importModules } from '../app/import-modules.ts'
import { BackendError, ImproperlyConfigured, LeadershipLost } from '../exceptions.ts'
import { type Logger, silentLogger } from '../logger.ts'
import { type Clock, systemClock } from '../worker/clock.ts'
import { openScheduleStore } from './open-store.ts'
import { humanSeconds } from './schedule.ts'
import type { Leadership, ScheduleStore } from './schedule-store.ts'
import { Scheduler, type SchedulerClass } from './scheduler.ts'

/** The pause before a store that could not be used is tried again. */
const RETRY_MS = 2_000

export interface BeatOptions {
  /** SQLite file of the schedule; `beatScheduleFilename` unless given. */
  readonly scheduleFilename?: string
  /** `beatScheduler` unless given. */
  readonly scheduler?: string | SchedulerClass
  /** Seconds; `beatMaxLoopInterval` unless given. */
  readonly maxInterval?: number
  /** It runs inside a worker, which has imported the modules already. */
  readonly embedded?: boolean
  readonly logger?: Logger
  /** The time it goes by; the system's unless given. */
  readonly clock?: Clock
}

/**
 * One beat: it waits until it leads, takes the schedule up where it was left, and sends what is due until it is
 * stopped or no longer leads; then it waits again. Any number may run: one leads.
 */
export class BeatService {
  readonly app: Celery
  readonly store: ScheduleStore
  readonly maxInterval: number
  /** Who it is in the logs of others. */
  readonly name = `beat${process.pid}@${hostname()}`
  readonly #options: BeatOptions
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  readonly #unnoted = new Set<string>()
  readonly #leads = Promise.withResolvers<Scheduler>()
  #running: Promise<void> | undefined

  constructor(app: Celery, options: BeatOptions = {}) {
    this.app = app
    this.#options = options
    this.#logger = options.logger ?? silentLogger
    this.#clock = options.clock ?? systemClock
    this.maxInterval = options.maxInterval || app.conf.beatMaxLoopInterval
    this.store = openScheduleStore(app, options.scheduleFilename)
    this.#leads.promise.catch(() => {}) // whoever asks for it hears of it
  }

  /** Resolves when it leads for the first time and has taken the schedule up. Rejects when it ends before that. */
  get leads(): Promise<Scheduler> {
    return this.#leads.promise
  }

  /** Runs until it is stopped. Rejects for what cannot mend itself, such as a schedule file that is none. */
  run(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  /** Resolves when what it was sending is sent and on record. Twice is fine; before `run` is fine. */
  async stop(): Promise<void> {
    this.#stopping.abort(new LeadershipLost('This beat was told to stop.'))
    this.#running ??= Promise.resolve()
    await this.#running.catch(() => {}) // who ran it hears of it
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    try {
      this.#logger.info('beat: Starting...')
      this.#logger.debug(`beat: Ticking with max interval->${humanSeconds(this.maxInterval)}`)
      if (!this.#options.embedded) await importModules(this.app)
      await this.app.signals.beatInit.send({ service: this }, this.#logger)
      if (this.#options.embedded)
        await this.app.signals.beatEmbeddedInit.send({ service: this }, this.#logger)
      const scheduler = await this.#schedulerClass()
      while (!signal.aborted) await this.#term(scheduler)
      this.#leads.reject(signal.reason)
    } catch (error) {
      this.#leads.reject(error)
      throw error
    } finally {
      await this.store.close()
    }
  }

  /** From waiting for the leadership to its loss. */
  async #term(schedulerClass: SchedulerClass): Promise<void> {
    const { signal } = this.#stopping
    try {
      const leadership = await this.store.lead({
        name: this.name,
        signal,
        onStandby: (leader) =>
          this.#logger.info(`beat: ${leader ?? 'another beat'} leads; ${this.name} stands by`),
        onError: (error, waitMs) =>
          this.#logger.error(
            { err: error },
            `beat: Connection error: Trying again in ${(waitMs / 1000).toFixed(2)} seconds...`,
          ),
      })
      try {
        await this.#lead(leadership, schedulerClass)
      } finally {
        await leadership.release()
      }
    } catch (error) {
      if (signal.aborted && error === signal.reason) return
      if (!mendsItself(error)) throw error
      this.#logger.error({ err: error }, 'beat: leads no longer, or cannot yet; it tries to')
      await this.#sleep(RETRY_MS, signal)
    }
  }

  async #lead(leadership: Leadership, schedulerClass: SchedulerClass): Promise<void> {
    const scheduler = new schedulerClass({
      ...{ app: this.app, leadership, logger: this.#logger },
      ...{ clock: this.#clock, maxInterval: this.maxInterval, unnoted: this.#unnoted },
    })
    await scheduler.setup()
    this.#logger.info(`beat: ${this.name} leads; the schedule is in ${this.store.info}`)
    this.#leads.resolve(scheduler)
    const signal = AbortSignal.any([this.#stopping.signal, leadership.lost])
    while (!signal.aborted) {
      const seconds = await scheduler.tick()
      this.#logger.debug(`beat: Waking up in ${humanSeconds(seconds)}.`)
      await this.#sleep(seconds * 1000, signal)
    }
    if (leadership.lost.aborted && !this.#stopping.signal.aborted) throw leadership.lost.reason
  }

  /** Returns when the time has passed, or the signal aborts. */
  async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const takeBack = this.#clock.setTimeout(resolve, Math.ceil(milliseconds))
    const wake = () => resolve()
    signal.addEventListener('abort', wake)
    await promise
    signal.removeEventListener('abort', wake)
    takeBack()
  }

  async #schedulerClass(): Promise<SchedulerClass> {
    const named = this.#options.scheduler || this.app.conf.beatScheduler
    if (typeof named === 'function') return named
    if (named === '' || /^celery\.beat[:.](?:Persistent)?Scheduler$/.test(named)) return Scheduler
    const [, path = named, name = 'default'] = /^(.*\.[cm]?[jt]s):(\w+)$/.exec(named) ?? []
    const module = await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
      throw new ImproperlyConfigured(`The scheduler ${named} cannot be imported: ${String(cause)}`, { cause })
    })
    const found: unknown = module[name]
    if (typeof found === 'function' && found.prototype instanceof Scheduler) return found as SchedulerClass
    throw new ImproperlyConfigured(`${path} exports no class '${name}' that extends Scheduler.`)
  }
}

/** The broker or the store is away, or another one leads: it may be otherwise in a moment. */
function mendsItself(error: unknown): boolean {
  return error instanceof LeadershipLost || error instanceof BackendError || error instanceof KombuError
}
