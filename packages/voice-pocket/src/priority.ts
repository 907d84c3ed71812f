/**
 * How urgent a request is, from 0 to 9, the same number whatever the broker. Brokers count in two directions: RabbitMQ,
 * SQLite and memory deliver the highest number first, Redis (as Kombu lays queues out there) the lowest. Only this file
 * knows of it.
 */
import type { JsonObject } from '@voice-pocket/celery'
import type { Connection, Message, Transport } from '@voice-pocket/kombu'

export const LOWEST_PRIORITY = 0
export const HIGHEST_PRIORITY = 9
/** Of a request that says nothing. */
export const DEFAULT_PRIORITY = 5

type Driver = Pick<Transport, 'implements'>

/** The `priority` of a message on this broker. */
export async function messagePriority(
  connection: Pick<Connection, 'loadTransport'>,
  priority = DEFAULT_PRIORITY,
): Promise<number> {
  return isHighestFirst(await connection.loadTransport()) ? priority : HIGHEST_PRIORITY - priority
}

/**
 * A plain message with the `priority` of its AMQP properties, unless its JSON has one itself. 0 says nothing: Spring
 * and others write it into every message. What is above our highest is as urgent as that. On Redis the property is not
 * read: it would mean the contrary, and Kombu writes 0 into every message there.
 */
export async function withPropertyOf(
  { properties }: Pick<Message, 'properties'>,
  document: JsonObject,
  connection: Pick<Connection, 'loadTransport'>,
): Promise<JsonObject> {
  const { priority = 0 } = properties
  if (priority <= 0 || (document.priority ?? null) !== null) return document
  if (!isHighestFirst(await connection.loadTransport())) return document
  return { ...document, priority: Math.min(priority, HIGHEST_PRIORITY) }
}

function isHighestFirst({ implements: { priority } }: Driver): boolean {
  return priority === 'highest-first'
}
