import type { Message } from 'amqplib'
import type { Payload, PublishOptions } from '../base.ts'

export interface Returnable {
  readonly payload: Payload
  readonly options: PublishOptions
  readonly settled: Promise<void>
  wasReturned: boolean
}

/**
 * The mandatory messages in flight. A return carries the whole message and nothing that numbers it, and it may
 * overtake confirmations of earlier messages; so it is known by what it contains. Two that look alike are
 * therefore never in flight together: the second waits for the first (`hasTwin`).
 */
export class Returnables {
  readonly #byAddress = new Map<string, Returnable[]>()

  add(message: Returnable): void {
    if (!message.options.mandatory) return
    const key = addressOf(message)
    this.#byAddress.set(key, [...(this.#byAddress.get(key) ?? []), message])
  }

  delete(message: Returnable): void {
    if (!message.options.mandatory) return
    const key = addressOf(message)
    const others = this.#byAddress.get(key)?.filter((other) => other !== message) ?? []
    if (others.length > 0) this.#byAddress.set(key, others)
    else this.#byAddress.delete(key)
  }

  hasTwin(message: Returnable): boolean {
    if (!message.options.mandatory) return false
    return this.#find(addressOf(message), message.payload.body) !== undefined
  }

  markReturned({ fields, properties, content }: Message): void {
    const { correlationId, messageId } = properties
    const message = this.#find(address({ ...fields, correlationId, messageId }, content), content)
    if (message) message.wasReturned = true
  }

  #find(key: string, body: Buffer): Returnable | undefined {
    return this.#byAddress.get(key)?.find(({ payload }) => payload.body.equals(body))
  }
}

function addressOf({ payload, options }: Returnable): string {
  return address({ ...payload.properties, ...options }, payload.body)
}

interface Address {
  readonly exchange: string
  readonly routingKey: string
  readonly correlationId?: string
  readonly messageId?: string
}

function address({ exchange, routingKey, correlationId, messageId }: Address, body: Buffer): string {
  return JSON.stringify([exchange, routingKey, correlationId, messageId, body.length])
}
