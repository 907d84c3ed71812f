/**
 * The envelope a message travels in through a store without AMQP frames: the JSON of Kombu's virtual transports
 * (kombu/transport/virtual/base.py), so that what one language puts into a store another can take out.
 */
import { DecodeError } from '../../exceptions.ts'
import { decodeJson, encodeJson, isPlainJson } from '../../json.ts'
import { uuid } from '../../uuid.ts'
import type { MessageProperties, Payload } from '../base.ts'
import type { Envelope } from './store.ts'

/** camelCase inside, snake_case on the wire. */
const WIRE_NAMES = {
  correlationId: 'correlation_id',
  replyTo: 'reply_to',
  deliveryMode: 'delivery_mode',
  priority: 'priority',
  expiration: 'expiration',
  messageId: 'message_id',
  timestamp: 'timestamp',
  type: 'type',
  userId: 'user_id',
  appId: 'app_id',
} as const satisfies Record<keyof MessageProperties, string>

const PROPERTY_NAMES = Object.entries(WIRE_NAMES) as [keyof MessageProperties, string][]

export interface Routed extends Payload {
  readonly exchange: string
  readonly routingKey: string
}

interface WireEnvelope {
  readonly body: string
  readonly 'content-encoding'?: string | null
  readonly 'content-type'?: string | null
  readonly headers?: Record<string, unknown> | null
  readonly properties?: Record<string, unknown> | null
}

export function writeEnvelope(payload: Payload, exchange: string, routingKey: string): Envelope {
  const properties: Record<string, unknown> = { priority: 0 }
  for (const [name, wireName] of PROPERTY_NAMES) {
    if (payload.properties[name] !== undefined) properties[wireName] = payload.properties[name]
  }
  return encodeJson({
    body: payload.body.toString('base64'),
    'content-encoding': payload.contentEncoding,
    'content-type': payload.contentType,
    headers: payload.headers,
    properties: {
      ...properties,
      delivery_info: { exchange, routing_key: routingKey },
      delivery_tag: uuid(),
      body_encoding: 'base64',
    },
  })
}

/**
 * A text that is no envelope was put there by a program without Kombu: the text itself is then the body.
 * @param parsed what `JSON.parse` made of it, if somebody has asked before
 */
export function readEnvelope(envelope: Envelope, parsed?: unknown): Routed {
  const value = parsed !== undefined && isPlainJson(envelope) ? parsed : parse(envelope)
  if (!isEnvelope(value)) return bare(envelope, value !== undefined)
  const wire = value
  const wireProperties = wire.properties ?? {}
  const properties: Record<string, unknown> = {}
  for (const [name, wireName] of PROPERTY_NAMES) {
    const value = wireProperties[wireName]
    if (value !== undefined && value !== null) properties[name] = value
  }
  const info = (wireProperties.delivery_info ?? {}) as Record<string, unknown>
  return {
    body: Buffer.from(wire.body, wireProperties.body_encoding === 'base64' ? 'base64' : 'utf8'),
    contentType: wire['content-type'] ?? undefined,
    contentEncoding: wire['content-encoding'] ?? undefined,
    headers: wire.headers ?? {},
    properties,
    exchange: String(info.exchange ?? ''),
    routingKey: String(info.routing_key ?? ''),
  }
}

function bare(text: string, isJson: boolean): Routed {
  return {
    body: Buffer.from(text, 'utf8'),
    contentType: isJson ? 'application/json' : undefined,
    contentEncoding: isJson ? 'utf-8' : undefined,
    headers: {},
    properties: {},
    exchange: '',
    routingKey: '',
  }
}

/** undefined: the text is no JSON. */
function parse(envelope: Envelope): unknown {
  try {
    return decodeJson(envelope)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** A program's own JSON may have a `body`, too; what makes an envelope is that properties come with it. */
export function isEnvelope(value: unknown): value is WireEnvelope {
  if (typeof value !== 'object' || value === null) return false
  const { body, properties } = value as Partial<WireEnvelope>
  return typeof body === 'string' && typeof properties === 'object' && properties !== null
}
