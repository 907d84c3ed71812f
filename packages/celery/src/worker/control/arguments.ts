/** Arguments of commands come from anybody's program: each is checked where it is read, and named when it is wrong. */
import type { CommandArguments } from '../../app/panel.ts'

/** @throws TypeError */
export function requiredText(args: CommandArguments, name: string): string {
  const value = args[name]
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(
    `The argument '${name}' must be a string, but it is ${JSON.stringify(value) ?? 'missing'}.`,
  )
}

export function optionalText(args: CommandArguments, name: string): string | undefined {
  return args[name] === null || args[name] === undefined ? undefined : requiredText(args, name)
}

/** One text, or several. */
export function texts(args: CommandArguments, name: string): readonly string[] {
  const value = args[name] ?? []
  const list = Array.isArray(value) ? value : [value]
  if (list.every((item) => typeof item === 'string')) return list
  throw new TypeError(
    `The argument '${name}' must be a string or a list of them, but it is ${JSON.stringify(value)}.`,
  )
}

/** Yes or no, as Python takes it: there are programs that send 1 for yes, Flower among them. */
export function flag(args: CommandArguments, name: string): boolean {
  return Boolean(args[name])
}

export function wholeNumber(args: CommandArguments, name: string, fallback: number): number {
  const value = args[name] ?? fallback
  if (Number.isInteger(value)) return value as number
  throw new TypeError(`The argument '${name}' must be a whole number, but it is ${JSON.stringify(value)}.`)
}

/** Seconds; undefined for none, which 0 is as well. */
export function optionalSeconds(args: CommandArguments, name: string): number | undefined {
  const value = args[name] ?? 0
  if (typeof value === 'number' && value >= 0) return value || undefined
  throw new TypeError(
    `The argument '${name}' must be a number of seconds, 0 or more, but it is ${JSON.stringify(value)}.`,
  )
}

export const asNumber = (text: string): number => {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new TypeError(`'${text}' is no number.`)
}

/** Celery's own words for yes and no. */
export function asBoolean(text: string): boolean {
  const word = text.toLowerCase()
  if (['true', 'yes', '1', 'on'].includes(word)) return true
  if (['false', 'no', '0', 'off'].includes(word)) return false
  throw new TypeError(`'${text}' is neither true nor false.`)
}

/** An error that callers in Python know by this name. */
export function valueError(message: string): Error {
  const error = new RangeError(message)
  error.name = 'ValueError'
  return error
}
