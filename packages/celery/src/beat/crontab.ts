import { Cron } from 'croner'
import { ImproperlyConfigured } from '../exceptions.ts'
import { CRON_FIELDS, type CronSpec, expandField } from './crontab-field.ts'
import type { Schedule } from './schedule.ts'
import { isTimeZone } from './time-zone.ts'

export interface CrontabOptions {
  readonly minute?: CronSpec
  readonly hour?: CronSpec
  /** 0 or 7 is Sunday. */
  readonly dayOfWeek?: CronSpec
  readonly dayOfMonth?: CronSpec
  readonly monthOfYear?: CronSpec
  /** IANA name; the app's `timezone` unless given. */
  readonly timezone?: string
}

/**
 * A crontab in Celery's grammar (`crontab-field.ts`). A day counts only where `dayOfWeek`, `dayOfMonth` and
 * `monthOfYear` all have it: Celery's rule, not cron's. The calendar is croner's, which gets the expanded numbers.
 *
 * When the clocks change:
 * 1. Where `hour` has every hour, it goes by the time that passes: each hour of a day of 23 or 25 hours has its runs.
 * 2. Else each time on the clock is one run a day: in the hour that comes twice it runs the first time; times in the
 *    hour that is missing run once, at its end. Python's Celery runs 02:30 at 03:30 then, and nothing at all in
 *    the hour that comes twice when it comes for the second time, also where every hour is meant.
 */
export class Crontab implements Schedule {
  readonly minute: readonly number[]
  readonly hour: readonly number[]
  readonly dayOfWeek: readonly number[]
  readonly dayOfMonth: readonly number[]
  readonly monthOfYear: readonly number[]
  readonly timezone: string | undefined
  readonly hasDeadline = true
  readonly #text: string
  readonly #calendars = new Map<string, Cron>()

  /** @throws ImproperlyConfigured for what breaks the grammar, or is on no day of any year */
  constructor({ timezone, ...fields }: CrontabOptions = {}) {
    const expand = (name: keyof typeof CRON_FIELDS) => expandField(CRON_FIELDS[name], fields[name] ?? '*')
    this.minute = expand('minute')
    this.hour = expand('hour')
    this.dayOfWeek = expand('dayOfWeek')
    this.dayOfMonth = expand('dayOfMonth')
    this.monthOfYear = expand('monthOfYear')
    this.timezone = timezone
    this.#text = textOf(fields)
    if (timezone !== undefined && !isTimeZone(timezone))
      throw new ImproperlyConfigured(
        `There is no time zone '${timezone}'. Give its IANA name, such as Europe/Berlin.`,
      )
    if (this.nextRunAt(0, 'UTC') === undefined)
      throw new ImproperlyConfigured(`${this} is on no day of any year, so it would never run.`)
  }

  /** From `minute hour dayOfMonth monthOfYear dayOfWeek`, the order of a line in crontab(5). */
  static fromString(text: string, options: Pick<CrontabOptions, 'timezone'> = {}): Crontab {
    const fields = text.trim().split(/\s+/)
    const [minute, hour, dayOfMonth, monthOfYear, dayOfWeek] = fields
    if (fields.length !== 5)
      throw new ImproperlyConfigured(
        `A crontab has five fields (minute, hour, day of month, month, day of week), but '${text}' has ${fields.length}.`,
      )
    return new Crontab({ minute, hour, dayOfMonth, monthOfYear, dayOfWeek, ...options } as CrontabOptions)
  }

  nextRunAt(lastRunAt: number, timezone: string): number | undefined {
    return this.#calendarOf(this.timezone ?? timezone)
      .nextRun(new Date(lastRunAt))
      ?.getTime()
  }

  toString(): string {
    return `<crontab: ${this.#text} (m/h/dM/MY/d)>${this.timezone ? ` ${this.timezone}` : ''}`
  }

  #calendarOf(timezone: string): Cron {
    const made = this.#calendars.get(timezone)
    if (made) return made
    // Numbers without wildcard or step are times on the clock to croner; `*` is every hour that passes.
    const everyHour = this.hour.length === 24
    const fields = [
      this.minute,
      everyHour ? '*' : this.hour,
      this.dayOfMonth,
      this.monthOfYear,
      this.dayOfWeek,
    ]
    const calendar = new Cron(fields.map(String).join(' '), {
      ...{ timezone, mode: '5-part', domAndDow: true, fixedTimeRule: 'no-wildcard', paused: true },
    })
    this.#calendars.set(timezone, calendar)
    return calendar
  }
}

/** `crontab({ minute: 0, hour: 4 })`: Celery's name for it; what is left out is `*`. */
export function crontab(options: CrontabOptions = {}): Crontab {
  return new Crontab(options)
}

function textOf({ minute, hour, dayOfMonth, monthOfYear, dayOfWeek }: CrontabOptions): string {
  return [minute, hour, dayOfMonth, monthOfYear, dayOfWeek]
    .map((spec) => (typeof spec === 'object' ? [...spec].join(',') : String(spec ?? '*')))
    .join(' ')
}
