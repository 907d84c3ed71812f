import { inspect } from 'node:util'
import { ImproperlyConfigured } from '../exceptions.ts'
import { floorTo } from './time-zone.ts'

/**
 * When something is due, again and again. A schedule knows no clock and keeps nothing: it is a plain value, and the
 * same question always has the same answer. Write one of your own by implementing this.
 */
export interface Schedule {
  /**
   * The first moment after `lastRunAt` at which it is due, both in milliseconds since the epoch; undefined: never.
   * @param timezone IANA name of the app's time zone, for schedules that go by a calendar
   */
  nextRunAt(lastRunAt: number, timezone: string): number | undefined
  /** Whether `beatCronStartingDeadline` holds for it. */
  readonly hasDeadline: boolean
  /** For people, and to see that a schedule has changed. */
  toString(): string
}

/** Every so many seconds, as they pass: a day of 23 or 25 hours changes nothing. */
export class Interval implements Schedule {
  /** Seconds. */
  readonly runEvery: number
  /** Round to the resolution of the interval: one of days to midnight, of hours to the full hour, of minutes likewise. */
  readonly relative: boolean
  readonly hasDeadline = false

  /** @throws ImproperlyConfigured unless the interval is more than 0 */
  constructor(runEvery: number, { relative = false }: { relative?: boolean } = {}) {
    if (!(Number.isFinite(runEvery) && runEvery > 0))
      throw new ImproperlyConfigured(
        `The interval of a schedule must be more than 0 seconds, but it is ${inspect(runEvery)}.`,
      )
    this.runEvery = runEvery
    this.relative = relative
  }

  nextRunAt(lastRunAt: number, timezone: string): number {
    const end = lastRunAt + this.runEvery * 1000
    if (!this.relative) return end
    const rounded = floorTo(end, resolutionOf(this.runEvery), timezone)
    return rounded > lastRunAt ? rounded : end
  }

  toString(): string {
    return `<freq: ${humanSeconds(this.runEvery)}>${this.relative ? ' relative' : ''}`
  }
}

/** `schedule(30)`: every 30 seconds; Celery's name for it. */
export function schedule(runEvery: number, options: { relative?: boolean } = {}): Interval {
  return new Interval(runEvery, options)
}

/** A number is an interval in seconds. @throws ImproperlyConfigured */
export function maybeSchedule(value: unknown, relative = false): Schedule {
  if (typeof value === 'number') return new Interval(value, { relative })
  if (typeof value === 'object' && value !== null && 'nextRunAt' in value) return value as Schedule
  throw new ImproperlyConfigured(
    `A schedule must be a number of seconds, schedule(), crontab(), or an object with nextRunAt(), ` +
      `but it is ${inspect(value, { depth: 0 })}.`,
  )
}

export interface DueOptions {
  readonly timezone: string
  /** Seconds after which a calendar's run that was missed is not made up for; 0: always made up for, once. */
  readonly startingDeadline: number
}

/** When it runs next: a moment that has passed is due now. With a deadline, what was missed for too long is left out. */
export function dueAt(
  schedule: Schedule,
  lastRunAt: number,
  now: number,
  { timezone, startingDeadline }: DueOptions,
): number | undefined {
  const next = schedule.nextRunAt(lastRunAt, timezone)
  if (next === undefined || next > now || !schedule.hasDeadline || startingDeadline === 0) return next
  const earliest = now - startingDeadline * 1000
  return next >= earliest ? next : schedule.nextRunAt(earliest - 1, timezone)
}

function resolutionOf(seconds: number): 'day' | 'hour' | 'minute' | 'second' {
  if (seconds >= 86_400) return 'day'
  if (seconds >= 3_600) return 'hour'
  return seconds >= 60 ? 'minute' : 'second'
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

/** `90` is `1.50 minutes`, as Celery writes it. */
export function humanSeconds(seconds: number): string {
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, 'second']
  const count = seconds / size
  return `${count.toFixed(2)} ${unit}${count > 1 ? 's' : ''}`
}
