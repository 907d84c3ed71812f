/**
 * JSON as Kombu writes it (kombu/utils/json.py): values JSON has no form for travel as
 * `{"__type__": name, "__value__": …}`. Here they become
 *
 *     datetime       Date (without an offset it is UTC; JavaScript keeps milliseconds of Python's microseconds)
 *     date, time     PlainDate, PlainTime            decimal   Decimal
 *     uuid           string                          bytes, base64   Uint8Array
 *
 * and integers beyond 2^53 a bigint. The other way round the same; Map and Set become object and array.
 */
import { DecodeError, EncodeError } from './exceptions.ts'
import { Decimal, PlainDate, PlainTime } from './python-values.ts'

/** Only texts with one of these need the slow path: a tagged value, or an integer too long to be exact. */
const NEEDS_REVIVER = /"__type__"|\d{16}/
const INTEGER = /^-?\d+$/
const HAS_OFFSET = /(?:Z|[+-]\d\d(?::?\d\d)?)$/

/** In Node 24, not yet in TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source */
const sourceJson = JSON as unknown as {
  rawJSON(text: string): object
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}

export function encodeJson(value: unknown): string {
  try {
    return isPlain(value, 0) ? JSON.stringify(value ?? null) : JSON.stringify(value, replace)
  } catch (cause) {
    if (cause instanceof EncodeError) throw cause
    throw new EncodeError(
      `cannot be written as JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    )
  }
}

/** Whether `JSON.parse` finds in it what `decodeJson` does. */
export function isPlainJson(text: string): boolean {
  return !NEEDS_REVIVER.test(text)
}

export function decodeJson(text: string): unknown {
  try {
    return isPlainJson(text) ? JSON.parse(text) : sourceJson.parse(text, revive)
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause
    throw new DecodeError(`not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

/** Deeper values are left to the slow path, which finds those that contain themselves. */
const DEEPEST_PLAIN = 16

/** Whether JSON has a form for all of it: looking costs a fraction of what a replacer does. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || (depth < DEEPEST_PLAIN && isPlainObject(value, depth + 1))
    default:
      return false
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if ('toJSON' in value) return false
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth))
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const name in value) {
    if (!isPlain((value as Record<string, unknown>)[name], depth)) return false
  }
  return true
}

/** Called with the holder as `this`, because `value` has already been through toJSON (Date and Buffer have one). */
function replace(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key]
  switch (typeof original) {
    case 'object':
      return original === null ? null : replaceObject(original, value, key)
    case 'bigint':
      return sourceJson.rawJSON(String(original))
    case 'number':
      if (!Number.isFinite(original)) throw unwritable(key, String(original))
      return original
    case 'function':
    case 'symbol':
      throw unwritable(key, `a ${typeof original}`)
    default:
      return value
  }
}

function replaceObject(original: object, value: unknown, key: string): unknown {
  if (Array.isArray(original)) return value
  if (original instanceof Date) {
    if (Number.isNaN(original.getTime())) throw unwritable(key, 'an invalid Date')
    // Python before 3.11 does not read a trailing Z.
    return tagged('datetime', original.toISOString().replace('Z', '+00:00'))
  }
  if (original instanceof Uint8Array) return tagged('base64', Buffer.from(original).toString('base64'))
  if (original instanceof Decimal) return tagged('decimal', original.text)
  if (original instanceof PlainDate) return tagged('date', original.text)
  if (original instanceof PlainTime) return tagged('time', original.text)
  if (original instanceof Map) return Object.fromEntries(original)
  if (original instanceof Set) return [...original]
  return value
}

function tagged(type: string, value: string): object {
  return { __type__: type, __value__: value }
}

function unwritable(key: string, what: string): EncodeError {
  return new EncodeError(
    `${key === '' ? 'the value' : JSON.stringify(key)} is ${what}, which JSON has no form for`,
  )
}

function revive(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value === 'number') {
    const exact = Number.isSafeInteger(value) || !INTEGER.test(context.source ?? '')
    return exact ? value : BigInt(context.source ?? '')
  }
  if (typeof value !== 'object' || value === null || !('__type__' in value) || !('__value__' in value))
    return value
  return Object.keys(value).length === 2 ? untag(value.__type__, value.__value__) : value
}

function untag(type: unknown, value: unknown): unknown {
  if (type === 'uuid') return uuidText(value)
  if (typeof value !== 'string')
    throw new DecodeError(`__value__ of __type__ ${JSON.stringify(type)} is not a string`)
  switch (type) {
    case 'datetime':
      return readDate(value)
    case 'date':
      return new PlainDate(value)
    case 'time':
      return new PlainTime(value)
    case 'decimal':
      return new Decimal(value)
    case 'bytes':
      return Uint8Array.from(Buffer.from(value, 'utf8'))
    case 'base64':
      return Uint8Array.from(Buffer.from(value, 'base64'))
    default:
      throw new DecodeError(
        `unknown __type__ ${JSON.stringify(type)}: Kombu's JSON has datetime, date, time, decimal, uuid, bytes and base64`,
      )
  }
}

function readDate(text: string): Date {
  const date = new Date(HAS_OFFSET.test(text) ? text : `${text}Z`)
  if (Number.isNaN(date.getTime()))
    throw new DecodeError(`${JSON.stringify(text)} is not an ISO 8601 date and time`)
  return date
}

function uuidText(value: unknown): string {
  const hex = typeof value === 'object' && value !== null && 'hex' in value ? value.hex : value
  const digits = typeof hex === 'string' ? hex.replaceAll('-', '').toLowerCase() : ''
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new DecodeError(`${JSON.stringify(value)} is not a uuid`)
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
