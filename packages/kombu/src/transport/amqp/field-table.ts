/**
 * AMQP's field tables (headers and arguments), between plain values and amqplib's notation, in which
 * `{ '!': type, value }` names a type. Written with the types that every client reads alike: RabbitMQ's 8 and 16
 * bit letters mean other things to Kombu's AMQP library, so integers travel in 32 or 64 bits.
 */
import { InvalidValueError } from '../../exceptions.ts'

type Table = Readonly<Record<string, unknown>>

const MAX_KEY_BYTES = 255
const INT32 = 2 ** 31
const INT64 = 2n ** 63n

export function encodeTable(table: Table = {}): Record<string, unknown> {
  const encoded: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(table)) {
    if (value === undefined) continue
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      throw new InvalidValueError(
        `header or argument name ${JSON.stringify(key)} is longer than ${MAX_KEY_BYTES} bytes; shorten it`,
      )
    }
    encoded[key] = encodeValue(value, key)
  }
  // amqplib takes an own key `!` for its notation, and reads inherited ones as ordinary keys.
  return '!' in encoded ? Object.create(encoded) : encoded
}

function encodeValue(value: unknown, key: string): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return encodeNumber(value)
  if (typeof value === 'bigint' && value >= -INT64 && value < INT64) return { '!': 'long', value }
  if (Array.isArray(value)) return value.map((item) => encodeValue(item ?? null, key))
  if (value instanceof Date) return { '!': 'timestamp', value: encodeDate(value, key) }
  if (Buffer.isBuffer(value)) return value
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (isPlain(value)) return encodeTable(value)
  throw new InvalidValueError(
    `header or argument ${JSON.stringify(key)} is ${describe(value)}, which AMQP has no type for; ` +
      'use strings, numbers, booleans, null, dates, bytes, arrays and plain objects',
  )
}

function encodeNumber(value: number): unknown {
  if (!Number.isSafeInteger(value)) return { '!': 'double', value }
  return { '!': value >= -INT32 && value < INT32 ? 'int' : 'long', value }
}

function encodeDate(value: Date, key: string): number {
  const seconds = Math.floor(value.getTime() / 1000)
  if (seconds >= 0) return seconds
  throw new InvalidValueError(
    `header or argument ${JSON.stringify(key)} is a date before 1970 or none at all; send it as text`,
  )
}

function isPlain(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function describe(value: unknown): string {
  if (typeof value !== 'object')
    return `${typeof value === 'bigint' ? `${value}, more than 64 bits` : `a ${typeof value}`}`
  return `an instance of ${value?.constructor.name}`
}

export function decodeTable(table: Table): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, decodeValue(value)]))
}

function decodeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeValue)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  const table = value as Table
  if (isTimestamp(table)) return new Date(table.value * 1000)
  if (isDecimal(table)) return table.value.digits / 10 ** table.value.places
  return decodeTable(table)
}

function isTimestamp(table: Table): table is { '!': 'timestamp'; value: number } {
  return table['!'] === 'timestamp' && typeof table.value === 'number'
}

function isDecimal(table: Table): table is { '!': 'decimal'; value: { digits: number; places: number } } {
  return table['!'] === 'decimal' && typeof table.value === 'object'
}
