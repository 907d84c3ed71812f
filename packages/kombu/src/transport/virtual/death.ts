/**
 * What a dead message says of its death: RabbitMQ's `x-death` (https://www.rabbitmq.com/docs/dlx#effects), newest
 * first, one entry for each queue and reason with how often it was.
 */
import type { QueueDeclaration } from '../base.ts'
import type { Routed } from './envelope.ts'

export type DeathReason = 'rejected' | 'expired' | 'maxlen'

interface Death {
  readonly queue: string
  readonly reason: string
  readonly count: number
  readonly [field: string]: unknown
}

export interface DeadLetterTarget {
  readonly exchange: string
  /** Absent: the one that the message came with. */
  readonly routingKey: string | undefined
}

/** Where the dead messages of a queue go; undefined where nowhere. */
export function deadLetterTarget(declaration: QueueDeclaration | undefined): DeadLetterTarget | undefined {
  const exchange = declaration?.arguments?.['x-dead-letter-exchange']
  const routingKey = declaration?.arguments?.['x-dead-letter-routing-key']
  if (typeof exchange !== 'string') return undefined
  return { exchange, routingKey: typeof routingKey === 'string' ? routingKey : undefined }
}

/** The message as it goes on: with one more death, and without the expiration that would end it at once. */
export function died(message: Routed, queue: string, reason: DeathReason): Routed {
  const { expiration, ...properties } = message.properties
  const deaths = deathsOf(message.headers)
  const before = deaths.find((death) => death.queue === queue && death.reason === reason)
  const death: Death = before
    ? { ...before, count: Number(before.count) + 1 }
    : {
        ...{ count: 1, reason, queue, time: Math.floor(Date.now() / 1000) },
        ...{ exchange: message.exchange, 'routing-keys': [message.routingKey] },
        ...(expiration !== undefined && { 'original-expiration': expiration }),
      }
  const headers = {
    'x-first-death-queue': queue,
    'x-first-death-reason': reason,
    'x-first-death-exchange': message.exchange,
    ...message.headers,
    'x-death': [death, ...deaths.filter((other) => other !== before)],
  }
  return { ...message, headers, properties }
}

/** Whether a message has come back to a queue by itself, which would never end: nobody has rejected it on its way. */
export function isCycle({ headers }: Pick<Routed, 'headers'>, queue: string): boolean {
  const deaths = deathsOf(headers)
  const last = deaths.findIndex((death) => death.queue === queue)
  return last >= 0 && deaths.slice(0, last + 1).every(({ reason }) => reason !== 'rejected')
}

function deathsOf(headers: Readonly<Record<string, unknown>>): readonly Death[] {
  const deaths = headers['x-death']
  return Array.isArray(deaths) ? deaths.filter((death) => typeof death === 'object' && death !== null) : []
}
