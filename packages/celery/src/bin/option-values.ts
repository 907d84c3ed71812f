/** What the texts of options mean. Each throws what the command line shows to its user. */
import { InvalidArgumentError } from 'commander'
import { parseTime } from '../app/iso-time.ts'
import { parseRateLimit } from '../worker/rate-limits.ts'

export function modulePath(value: string): string {
  if (/\.[cm]?[jt]s(?::\w+)?$/.test(value)) return value
  throw new InvalidArgumentError('Give the path of a file, such as ./app.ts or dist/app.js.')
}

export function seconds(value: string): number {
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value)
  throw new InvalidArgumentError('It must be a number of seconds, 0 or more.')
}

/** Per second. */
export function rateLimit(value: string): number | undefined {
  try {
    return parseRateLimit(value)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

export function wholeNumber(value: string): number {
  if (/^\d+$/.test(value)) return Number(value)
  throw new InvalidArgumentError('It must be a whole number, 0 or more.')
}

export function names(value: string): readonly string[] {
  const list = value.split(',').map((name) => name.trim())
  if (list.every((name) => name !== '')) return list
  throw new InvalidArgumentError('Write the names one after the other, such as -Q mail,video.')
}

export function time(value: string): Date {
  const milliseconds = parseTime(value)
  if (!Number.isNaN(milliseconds)) return new Date(milliseconds)
  throw new InvalidArgumentError('It must be a time in ISO 8601, such as 2030-01-31T18:00:00Z.')
}

export function secondsOrTime(value: string): number | Date {
  return /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : time(value)
}

export function jsonList(value: string): readonly unknown[] {
  const parsed = json(value)
  if (Array.isArray(parsed)) return parsed
  throw new InvalidArgumentError('It must be a list in JSON, such as \'[1, "two"]\'.')
}

export function jsonTable(value: string): Readonly<Record<string, unknown>> {
  const parsed = json(value)
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed }
  throw new InvalidArgumentError('It must be an object in JSON, such as \'{"x": 1}\'.')
}

function json(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch (error) {
    throw new InvalidArgumentError(`It is not valid JSON: ${(error as Error).message}`)
  }
}
