import { randomUUID } from 'node:crypto'
import { OperationalError } from '@voice-pocket/kombu'
import type { Celery } from '../app/celery.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import * as states from '../states.ts'
import type { Clock } from '../worker/clock.ts'
import { crontab } from './crontab.ts'
import { type EntryRecord, ScheduleEntry } from './entry.ts'
import type { PeriodicTasks } from './periodic-task.ts'
import type { DueOptions } from './schedule.ts'
import type { Leadership, ScheduleChanges } from './schedule-store.ts'

/** Under this key is what concerns all entries; no entry has an empty name. */
const META = ''

/** Seconds after which what the broker did not take is sent again. */
const RETRY_SECONDS = 5

export interface SchedulerOptions {
  readonly app: Celery
  readonly leadership: Leadership
  readonly logger: Logger
  readonly clock: Clock
  /** Seconds after which the configuration is looked at again at the latest. */
  readonly maxInterval: number
  /** Ids that this process has sent and could not put on record as done; it outlives a lost leadership. */
  readonly unnoted?: Set<string>
}

export interface SchedulerClass {
  new (options: SchedulerOptions): Scheduler
}

/**
 * Sends what is due. Its promise, for each entry and due time:
 * 1. The run is put on record with a task id of its own, computed from entry and time. Who does not lead any more
 *    fails here, and sends nothing.
 * 2. Its message is sent, and the broker has confirmed it.
 * 3. The run is on record as done.
 * Killed before 1, it is still due; between 1 and 2, it is sent by whoever leads next: nothing is skipped. Killed
 * between 2 and 3, whoever leads next asks the result backend for that id, and sends it again only when nothing is
 * known of it. That leaves one case in which a message comes twice: killed (or cut off from its store, where another
 * one leads then) within the milliseconds between 2 and 3, before a worker has stored anything (or results are
 * ignored). Both then have one id, so that our workers run it once while it lies in one worker's hands, and a result
 * that is there is not overwritten.
 *
 * What was due several times while no beat ran, runs once (Celery's rule), unless `beatCronStartingDeadline` has passed.
 * A subclass with another source of entries overrides `configured()`.
 */
export class Scheduler {
  readonly maxInterval: number
  protected readonly app: Celery
  protected readonly logger: Logger
  readonly #leadership: Leadership
  readonly #clock: Clock
  readonly #due: DueOptions
  readonly #unnoted: Set<string>
  #id = ''
  #entries = new Map<string, ScheduleEntry>()
  #configured: PeriodicTasks | undefined

  constructor({ app, leadership, logger, clock, maxInterval, unnoted = new Set() }: SchedulerOptions) {
    this.app = app
    this.logger = logger
    this.maxInterval = maxInterval
    this.#leadership = leadership
    this.#unnoted = unnoted
    this.#clock = clock
    this.#due = { timezone: app.conf.timezone, startingDeadline: app.conf.beatCronStartingDeadline }
  }

  /** The entries by their names, as they stand. */
  get schedule(): ReadonlyMap<string, ScheduleEntry> {
    return this.#entries
  }

  /**
   * What is to be sent, by name. Asked at start and at every tick; another object than the last time means that
   * something may have changed. It is the settings' `beatSchedule` and what `app.addPeriodicTask` added.
   */
  protected configured(): PeriodicTasks | Promise<PeriodicTasks> {
    return this.app.periodicTasks.all()
  }

  /** Takes up the schedule where it was left. */
  async setup(): Promise<void> {
    const stored = new Map(await this.#leadership.load())
    const meta = parse<{ id: string; timezone: string }>(stored.get(META))
    stored.delete(META)
    const { timezone } = this.#due
    const isReset = meta !== undefined && meta.timezone !== timezone
    if (isReset) this.logger.warn(`Reset: Timezone changed from '${meta.timezone}' to '${timezone}'`)
    this.#id = meta?.id ?? randomUUID()
    const records = isReset
      ? new Map()
      : new Map([...stored].map(([name, text]) => [name, parse<EntryRecord>(text)]))
    await this.#leadership.save(new Map([[META, JSON.stringify({ id: this.#id, timezone })]]))
    await this.#merge(await this.configured(), records, stored.keys())
    await this.#recover()
  }

  /** Sends all that is due. Resolves with the seconds to wait until the next one, at most `maxInterval`. */
  async tick(): Promise<number> {
    const configured = await this.configured()
    if (configured !== this.#configured) await this.#merge(configured, this.#records(), this.#entries.keys())
    const now = this.#clock.now()
    const due = [...this.#entries.values()].filter(
      (entry) => (entry.dueAt(now, this.#due) ?? Infinity) <= now,
    )
    const isAllSent = due.length === 0 || (await this.#send(due, now))
    return Math.min(this.#remaining(), isAllSent ? this.maxInterval : RETRY_SECONDS)
  }

  async #send(due: readonly ScheduleEntry[], now: number): Promise<boolean> {
    const reserved = due.map((entry) => entry.reserved(entry.dueAt(now, this.#due) ?? now, this.#id))
    await this.#keep(reserved)
    const sent = await Promise.all(reserved.map((entry) => this.applyEntry(entry)))
    const done = reserved.filter((_, index) => sent[index])
    for (const entry of done) {
      if (entry.hasMissed(now, this.#due.timezone))
        this.logger.warn(
          `${entry.name} was due more than once since ${entry.record.pending?.dueAt}: sent once`,
        )
    }
    await this.#complete(done, now)
    return done.length === due.length
  }

  /** Puts on record that these are done. */
  async #complete(done: readonly ScheduleEntry[], now: number): Promise<void> {
    const ids = done.map(({ record }) => record.pending?.taskId ?? '')
    for (const id of ids) this.#unnoted.add(id)
    await this.#keep(done.map((entry) => entry.next(now, this.#due.timezone)))
    for (const id of ids) this.#unnoted.delete(id)
  }

  /** Sends the pending run of an entry. False when it has to be tried again; what can never be sent is given up. */
  protected async applyEntry(entry: ScheduleEntry): Promise<boolean> {
    const { name, what, record } = entry
    this.logger.info(`Scheduler: Sending due task ${name} (${what.task})`)
    try {
      const [args, kwargs] = [await evaluateAll(what.args), await evaluateEach(what.kwargs)]
      const call = {
        ...what.options,
        args: [...args],
        kwargs,
        taskId: record.pending?.taskId ?? randomUUID(),
      }
      const { tasks } = this.app
      const result = tasks.has(what.task)
        ? await tasks.get(what.task).applyAsync(call)
        : await this.app.sendTask(what.task, call)
      this.logger.debug(`${what.task} sent. id->${result.id}`)
      return true
    } catch (error) {
      if (error instanceof OperationalError) {
        this.logger.error(
          { err: error },
          `beat: Connection error: ${name} is sent again in ${RETRY_SECONDS} seconds`,
        )
        return false
      }
      this.logger.error(
        { err: error },
        `Message Error: Couldn't apply scheduled task ${name}; this run is given up`,
      )
      return true
    }
  }

  /** What was on record as about to be sent, and is known to the result backend, was sent. */
  async #recover(): Promise<void> {
    const pending = [...this.#entries.values()].filter(({ record }) => record.pending)
    const known = await Promise.all(pending.map(({ record }) => this.#isKnown(record.pending?.taskId ?? '')))
    const done = pending.filter((_, index) => known[index])
    await this.#complete(done, this.#clock.now())
  }

  async #isKnown(taskId: string): Promise<boolean> {
    if (this.#unnoted.has(taskId)) return true
    try {
      return (await this.app.asyncResult(taskId).state()) !== states.PENDING
    } catch (error) {
      this.logger.debug({ err: error }, `The result backend does not say whether ${taskId} was sent`)
      return false
    }
  }

  /** As Celery merges: entries that are no longer there go, new ones begin now, others keep when they ran last. */
  async #merge(
    configured: PeriodicTasks,
    records: ReadonlyMap<string, EntryRecord | undefined>,
    stored: Iterable<string>,
  ): Promise<void> {
    const fresh = { lastRunAt: new Date(this.#clock.now()).toISOString(), totalRunCount: 0 }
    const all = { ...cleanupEntry(this.app), ...configured }
    this.#entries = new Map(
      Object.entries(all).map(([name, what]) => [
        name,
        new ScheduleEntry(name, what, records.get(name) ?? fresh),
      ]),
    )
    const gone = [...stored].filter((name) => !Object.hasOwn(all, name))
    const changes: ScheduleChanges = new Map([
      ...gone.map((name) => [name, undefined] as const),
      ...this.#texts(),
    ])
    await this.#leadership.save(changes)
    this.#configured = configured
    this.logger.debug(`Current schedule:\n${[...this.#entries.values()].join('\n')}`)
  }

  async #keep(entries: readonly ScheduleEntry[]): Promise<void> {
    if (entries.length === 0) return
    await this.#leadership.save(new Map(entries.map(({ name, record }) => [name, JSON.stringify(record)])))
    for (const entry of entries) this.#entries.set(entry.name, entry)
  }

  /** Seconds until the next one is due. */
  #remaining(): number {
    const now = this.#clock.now()
    const times = [...this.#entries.values()]
      .filter(({ record }) => !record.pending)
      .map((entry) => entry.dueAt(now, this.#due) ?? Infinity)
    return Math.max(0, (Math.min(...times) - now) / 1000)
  }

  #records(): Map<string, EntryRecord> {
    return new Map([...this.#entries].map(([name, { record }]) => [name, record]))
  }

  #texts(): (readonly [string, string])[] {
    return [...this.#entries].map(([name, { record }]) => [name, JSON.stringify(record)] as const)
  }
}

/** Celery's own entry, where nobody else sees to it that results expire. */
function cleanupEntry({ conf }: Celery): PeriodicTasks {
  if (conf.resultExpires === 0 || !/^(?:sqlite|file):/.test(conf.resultBackend)) return {}
  return {
    'celery.backend_cleanup': {
      task: 'celery.backend_cleanup',
      schedule: CLEANUP_TIME,
      ...{ args: [], kwargs: {}, relative: false },
      options: { expires: 12 * 3600 },
    },
  }
}

const CLEANUP_TIME = crontab({ minute: 0, hour: 4 })

const evaluate = async (value: unknown): Promise<unknown> => (typeof value === 'function' ? value() : value)

const evaluateAll = (values: readonly unknown[]) => Promise.all(values.map(evaluate))

async function evaluateEach(table: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const values = await evaluateAll(Object.values(table))
  return Object.fromEntries(Object.keys(table).map((key, index) => [key, values[index]]))
}

function parse<Value>(text: string | undefined): Value | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Value
  } catch (cause) {
    throw new ImproperlyConfigured(`The schedule has a line that is no JSON: ${text}. Remove the schedule.`, {
      cause,
    })
  }
}
