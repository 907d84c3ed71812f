import { createHash } from 'node:crypto'
import type { Message } from '@voice-pocket/kombu'

/** Of so many messages at a time; of more than that the longest known are forgotten, and begin anew. */
const MOST_MESSAGES = 10_000

/** How often the handling of a message failed in this process. A delivery names no message, so its content does. */
export class Tries {
  readonly #failures = new Map<string, number>()

  /** One more. @returns how many they are now */
  count(message: Message): number {
    const name = nameOf(message)
    const failures = (this.#failures.get(name) ?? 0) + 1
    this.#failures.delete(name)
    this.#failures.set(name, failures)
    if (this.#failures.size > MOST_MESSAGES)
      this.#failures.delete(this.#failures.keys().next().value as string)
    return failures
  }

  forget(message: Message): void {
    if (this.#failures.size > 0) this.#failures.delete(nameOf(message))
  }
}

function nameOf({ body, properties, deliveryInfo }: Message): string {
  const { messageId = '', correlationId = '', timestamp = '' } = properties
  const labels = [deliveryInfo.queue, deliveryInfo.routingKey, messageId, correlationId, timestamp].join('\n')
  return createHash('sha256').update(labels).update(body).digest('base64')
}
