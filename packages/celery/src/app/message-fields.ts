/** The fields of task messages, read from what strangers sent. Each throws InvalidTaskError which names the field. */
import { inspect } from 'node:util'
import { InvalidTaskError } from '../exceptions.ts'
import { parseTime } from './iso-time.ts'

type Fields = Readonly<Record<string, unknown>>

export function requiredText(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value === 'string' && value !== '') return value
  throw new InvalidTaskError(
    `A task message needs '${name}' as a string; it has ${value === undefined ? 'none' : shown(value)}.`,
  )
}

export function time(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === null || value === undefined) return undefined
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  if (typeof value === 'string' && !Number.isNaN(parseTime(value))) return value
  throw new InvalidTaskError(`'${name}' of a task message must be a time in ISO 8601; it is ${shown(value)}.`)
}

export function timelimit(value: unknown): readonly [number | undefined, number | undefined] {
  const [hard, soft] = listOf(value, 'timelimit')
  return [limit(hard), limit(soft)]
}

/** 0 is none, as in Celery. */
function limit(seconds: unknown): number | undefined {
  if (seconds === null || seconds === undefined || seconds === 0) return undefined
  if (typeof seconds === 'number' && seconds > 0) return seconds
  throw new InvalidTaskError(
    `'timelimit' of a task message must be two numbers of seconds, [hard, soft]; one is ${shown(seconds)}.`,
  )
}

export function wholeNumber(value: unknown, name: string): number | undefined {
  if (value === null || value === undefined) return undefined
  if (Number.isInteger(value)) return value as number
  throw new InvalidTaskError(`'${name}' of a task message must be a whole number; it is ${shown(value)}.`)
}

export const optionalText = (value: unknown) =>
  typeof value === 'string' && value !== '' ? value : undefined
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value
  throw new InvalidTaskError(`'${name}' of a task message must be a list; it is ${shown(value)}.`)
}

export const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function asTable(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (isTable(value)) return value
  throw new InvalidTaskError(`'${name}' of a task message must be an object; it is ${shown(value)}.`)
}

/** For an error. What strangers sent may be long, and it may be what JSON has no form for. */
function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { breakLength: Number.POSITIVE_INFINITY })
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}
