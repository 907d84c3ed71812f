import { hash } from 'node:crypto'
import type { Message } from 'amqplib'
import type { Payload, PublishOptions } from '../base.ts'

export interface Returnable {
  /** What it is known by; undefined if it is not mandatory, and so never returned. */
  readonly mark: string | undefined
  wasReturned: boolean
}

/**
 * The mandatory messages in flight. A return carries the whole message and nothing that numbers it, and it may
 * overtake confirmations of earlier messages; so it is known by what it contains. Two that look alike are
 * therefore never in flight together: the second waits for the first (`hasTwin`).
 */
export class Returnables {
  readonly #byMark = new Map<string, Returnable>()

  add(message: Returnable): void {
    if (message.mark !== undefined) this.#byMark.set(message.mark, message)
  }

  delete(message: Returnable): void {
    if (message.mark !== undefined) this.#byMark.delete(message.mark)
  }

  hasTwin({ mark }: Returnable): boolean {
    return mark !== undefined && this.#byMark.has(mark)
  }

  markReturned({ fields, properties, content }: Message): void {
    const message = this.#byMark.get(markOf(fields, properties, content))
    if (message) message.wasReturned = true
  }
}

export function returnable(payload: Payload, options: PublishOptions): Returnable {
  const mark = options.mandatory ? markOf(options, payload.properties, payload.body) : undefined
  return { mark, wasReturned: false }
}

function markOf(
  { exchange, routingKey }: Pick<PublishOptions, 'exchange' | 'routingKey'>,
  { correlationId, messageId }: Pick<Payload['properties'], 'correlationId' | 'messageId'>,
  body: Buffer,
): string {
  return JSON.stringify([exchange, routingKey, correlationId, messageId, hash('sha256', body)])
}
