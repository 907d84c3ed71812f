import { createHash } from 'node:crypto'
import type { ResolvedPeriodicTask } from './periodic-task.ts'
import { type DueOptions, dueAt } from './schedule.ts'

/** A run that is on record and not yet known to be sent. */
export interface PendingRun {
  readonly taskId: string
  /** ISO 8601. */
  readonly dueAt: string
}

/** What is kept of an entry: everything else is in the configuration. */
export interface EntryRecord {
  /** ISO 8601: the last due time that was served, or when the entry was first seen. */
  readonly lastRunAt: string
  readonly totalRunCount: number
  readonly pending?: PendingRun
}

/**
 * One line of the schedule: what is sent, when, and how far it has come. It does nothing by itself.
 */
export class ScheduleEntry {
  readonly name: string
  readonly what: ResolvedPeriodicTask
  readonly record: EntryRecord

  constructor(name: string, what: ResolvedPeriodicTask, record: EntryRecord) {
    this.name = name
    this.what = what
    this.record = record
  }

  get lastRunAt(): number {
    return Date.parse(this.record.lastRunAt)
  }

  /** When it runs next, in milliseconds since the epoch; undefined: never. What is pending is due since its time. */
  dueAt(now: number, options: DueOptions): number | undefined {
    const { pending } = this.record
    return pending ? Date.parse(pending.dueAt) : dueAt(this.what.schedule, this.lastRunAt, now, options)
  }

  /** The same entry with the run on record that is due now. */
  reserved(due: number, scheduleId: string): ScheduleEntry {
    if (this.record.pending) return this
    const pending = { taskId: taskIdOf(scheduleId, this.name, due), dueAt: new Date(due).toISOString() }
    return this.#with({ ...this.record, pending })
  }

  /**
   * The entry after its pending run. It counts from the time that was due, so that an interval does not drift; when
   * later ones were missed as well, from now, so that they are made up for by this one run.
   */
  next(now: number, timezone: string): ScheduleEntry {
    const { pending, totalRunCount, lastRunAt } = this.record
    const due = Date.parse(pending?.dueAt ?? lastRunAt)
    const following = this.what.schedule.nextRunAt(due, timezone)
    const last = following !== undefined && following <= now ? now : due
    return this.#with({ lastRunAt: new Date(last).toISOString(), totalRunCount: totalRunCount + 1 })
  }

  /** Whether more than the pending run was due by now. */
  hasMissed(now: number, timezone: string): boolean {
    const { pending, lastRunAt } = this.record
    const following = this.what.schedule.nextRunAt(Date.parse(pending?.dueAt ?? lastRunAt), timezone)
    return following !== undefined && following <= now
  }

  toString(): string {
    return `<ScheduleEntry: ${this.name} ${this.what.task}() ${this.what.schedule}>`
  }

  #with(record: EntryRecord): ScheduleEntry {
    return new ScheduleEntry(this.name, this.what, record)
  }
}

/** Equal for each attempt to send one run, in whatever process; a UUID in form, as other ids are. */
function taskIdOf(scheduleId: string, name: string, due: number): string {
  const hash = createHash('sha256').update(`${scheduleId}\0${name}\0${due}`).digest('hex')
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(18, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}
