import { inspect } from 'node:util'
import { ImproperlyConfigured } from '../exceptions.ts'

/** A number, a text in Celery's grammar, or the numbers themselves. */
export type CronSpec = number | string | Iterable<number>

/** What one of the five fields can hold. */
export interface CronField {
  /** Its option's name. */
  readonly name: string
  readonly min: number
  readonly max: number
  /** Names of the numbers from `min` on, by their first three letters. */
  readonly names?: readonly string[]
  /** A second number for the first one: 7 is Sunday, too. */
  readonly alias?: number
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

export const CRON_FIELDS = {
  minute: { name: 'minute', min: 0, max: 59 },
  hour: { name: 'hour', min: 0, max: 23 },
  dayOfMonth: { name: 'dayOfMonth', min: 1, max: 31 },
  monthOfYear: { name: 'monthOfYear', min: 1, max: 12, names: MONTHS },
  dayOfWeek: { name: 'dayOfWeek', min: 0, max: 6, names: WEEKDAYS, alias: 7 },
} as const satisfies Record<string, CronField>

/**
 * The numbers that a field stands for, smallest first. The grammar is Celery's
 * (https://docs.celeryq.dev/en/stable/reference/celery.schedules.html#celery.schedules.crontab_parser):
 *
 *     groups  :: expr ( ',' expr ) *
 *     expr    :: ( '*' | number ( '-' number ) ? ) ( '/' digits ) ?     a step needs '*' or a range
 *     number  :: digits | name
 *
 * A range that ends before it begins goes on at the field's start (`22-3`, `fri-mon`); a step counts along it.
 * @throws ImproperlyConfigured that names the field, the part and the rule
 */
export function expandField(field: CronField, spec: CronSpec): readonly number[] {
  const numbers =
    typeof spec === 'string' ? spec.split(',').flatMap((part) => expandPart(field, part)) : listed(spec)
  for (const number of numbers) if (!isWithin(field, number)) throw refused(field, number, rangeOf(field))
  if (numbers.length === 0) throw refused(field, spec, 'at least one number')
  const folded = numbers.map((number) => (number === field.alias ? field.min : number))
  return [...new Set(folded)].sort((a, b) => a - b)
}

function listed(spec: number | Iterable<number>): readonly number[] {
  return typeof spec === 'number' ? [spec] : [...spec]
}

const PART = /^(?:(?<star>\*)|(?<from>\w+)(?:-(?<to>\w+))?)(?:\/(?<step>\w*))?$/

function expandPart(field: CronField, part: string): readonly number[] {
  const { star, from, to, step } = PART.exec(part.trim())?.groups ?? {}
  if (star === undefined && from === undefined)
    throw refused(field, part, "'*', a number, a name, or a range such as 1-5 or */15")
  if (step !== undefined && star === undefined && to === undefined)
    throw refused(field, part, "a range or '*' before the '/'")
  const numbers = star ? range(field, field.min, field.max) : rangeOfNames(field, from as string, to)
  if (step === undefined) return numbers
  if (!/^[0-9]+$/.test(step) || Number(step) === 0)
    throw refused(field, part, "a whole number of 1 or more after the '/'")
  return numbers.filter((_, index) => index % Number(step) === 0)
}

function rangeOfNames(field: CronField, from: string, to: string | undefined): readonly number[] {
  const first = toNumber(field, from)
  if (to === undefined) return [first]
  const last = toNumber(field, to)
  // As a beginning the second number of Sunday is the first one; as an end it is the day after Saturday.
  return range(field, first === field.alias ? field.min : first, last)
}

function range({ min, max }: CronField, from: number, to: number): readonly number[] {
  const upTo = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index)
  return to < from ? [...upTo(from, max), ...upTo(min, to)] : upTo(from, to)
}

function toNumber(field: CronField, text: string): number {
  const { names = [], min } = field
  const position = names.indexOf(text.slice(0, 3).toLowerCase())
  const number = /^[0-9]+$/.test(text) ? Number(text) : position < 0 ? Number.NaN : position + min
  if (!isWithin(field, number)) throw refused(field, text, rangeOf(field))
  return number
}

const isWithin = ({ min, max, alias }: CronField, number: unknown) =>
  Number.isInteger(number) && (((number as number) >= min && (number as number) <= max) || number === alias)

function rangeOf({ min, max, alias, names }: CronField): string {
  const numbers = `a whole number from ${min} to ${alias ?? max}`
  return names ? `${numbers}, or a name such as ${names[1]}` : numbers
}

function refused({ name }: CronField, value: unknown, rule: string): ImproperlyConfigured {
  return new ImproperlyConfigured(`'${name}' of a crontab must have ${rule}, but it has ${inspect(value)}.`)
}
