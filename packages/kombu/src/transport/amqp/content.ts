import type { Message, Options } from 'amqplib'
import type { MessageProperties, Payload } from '../base.ts'
import { decodeTable, encodeTable } from './field-table.ts'

/** amqplib gives AMQP's properties the same names. */
const NAMES = [
  'correlationId',
  'replyTo',
  'deliveryMode',
  'priority',
  'expiration',
  'messageId',
  'timestamp',
  'type',
  'userId',
  'appId',
] as const satisfies readonly (keyof MessageProperties)[]

export function writeProperties(payload: Payload): Options.Publish {
  const { contentType, contentEncoding, headers, properties } = payload
  return {
    ...properties,
    headers: encodeTable(headers),
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== undefined && { contentEncoding }),
  }
}

export function readContent({ content, properties }: Message): Payload {
  const present = NAMES.filter((name) => properties[name] !== undefined)
  return {
    body: content,
    contentType: properties.contentType,
    contentEncoding: properties.contentEncoding,
    headers: decodeTable(properties.headers ?? {}),
    properties: Object.fromEntries(present.map((name) => [name, properties[name]])),
  }
}
