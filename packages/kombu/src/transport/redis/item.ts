/**
 * The items of a queue's list. Kombu's are envelopes; other programs put there whatever they like. An item is kept as
 * it is while it is a JSON object, and put into an envelope when it is not, for Python loses what is none.
 */
import { isUtf8 } from 'node:buffer'
import { isEnvelope, writeEnvelope } from '../virtual/envelope.ts'
import type { Envelope } from '../virtual/store.ts'

export interface Item {
  readonly envelope: Envelope
  readonly redelivered: boolean
  /** What is in the envelope, where it is the item itself. */
  readonly parsed?: unknown
  /** The envelope was put around it here. */
  readonly isWrapped: boolean
}

/** What the ledger says about a message: what to put back, and where. */
export interface LedgerEntry {
  readonly exchange: string
  readonly routingKey: string
  readonly priority: number
  /** As it goes back: in an envelope, marked as redelivered in both places where Kombu looks. */
  readonly restored: Envelope
}

/** In Node, not yet in TypeScript's library: https://github.com/tc39/proposal-json-parse-with-source */
const sourceJson = JSON as unknown as {
  rawJSON(text: string): object
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
}

export function readItem(raw: Buffer, queue: string): Item {
  const text = isUtf8(raw) ? raw.toString() : undefined
  const value = text === undefined ? undefined : look(text)
  if (text === undefined || !isTable(value)) {
    return { envelope: wrap(raw, queue, value !== undefined), redelivered: false, isWrapped: true }
  }
  return { envelope: text, redelivered: isRedelivered(value), parsed: value, isWrapped: false }
}

/** The end of a ledger entry `[message, exchange, routing key]` for a message that goes back to just this queue. */
export function entryEnd(queue: string): string {
  return `,"",${JSON.stringify(queue)}]`
}

/** undefined: nobody can tell what this is. */
export function readEntry(raw: Buffer): LedgerEntry | undefined {
  const entry = isUtf8(raw) ? parse(raw.toString()) : undefined
  if (!Array.isArray(entry)) return undefined
  const [message, exchange, routingKey]: unknown[] = entry
  if (!isTable(message)) return undefined
  const queue = String(routingKey ?? '')
  const envelope = isEnvelope(message) ? message : parse(wrap(messageBytes(raw, message, queue), queue, true))
  if (!isTable(envelope)) return undefined
  return {
    exchange: String(exchange ?? ''),
    routingKey: queue,
    priority: priorityOf(envelope),
    restored: JSON.stringify(markRedelivered(envelope)),
  }
}

/** A foreign program's JSON as it came, if this is one of our entries, which hold it so. */
function messageBytes(entry: Buffer, message: unknown, queue: string): Buffer {
  const end = Buffer.from(entryEnd(queue))
  const isOurs = entry.subarray(-end.length).equals(end)
  return isOurs ? entry.subarray(1, -end.length) : Buffer.from(JSON.stringify(message))
}

function wrap(body: Buffer, queue: string, isJson: boolean): Envelope {
  const content = isJson
    ? { contentType: 'application/json', contentEncoding: 'utf-8' }
    : { contentType: undefined, contentEncoding: undefined }
  return writeEnvelope({ body, ...content, headers: {}, properties: {} }, '', queue)
}

/** undefined: no JSON. For looking only: it is many times faster than what keeps numbers as they were written. */
function look(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** undefined: no JSON. Numbers that JavaScript would write differently stay as they were written. */
function parse(text: string): unknown {
  try {
    return sourceJson.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source
        ? sourceJson.rawJSON(source)
        : value,
    )
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isRedelivered(envelope: Readonly<Record<string, unknown>>): boolean {
  return tableAt(envelope, 'headers').redelivered === true || deliveryInfo(envelope).redelivered === true
}

function markRedelivered(envelope: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const properties = tableAt(envelope, 'properties')
  return {
    ...envelope,
    headers: { ...tableAt(envelope, 'headers'), redelivered: true },
    properties: { ...properties, delivery_info: { ...deliveryInfo(envelope), redelivered: true } },
  }
}

function priorityOf(envelope: Readonly<Record<string, unknown>>): number {
  const priority = Math.trunc(Number(tableAt(envelope, 'properties').priority ?? 0))
  return Number.isNaN(priority) ? 0 : priority
}

function deliveryInfo(envelope: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return tableAt(tableAt(envelope, 'properties'), 'delivery_info')
}

function tableAt(table: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = table[name]
  return isTable(value) ? value : {}
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value)
}

function isRawJson(value: object): boolean {
  return Object.getPrototypeOf(value) === null && 'rawJSON' in value
}
