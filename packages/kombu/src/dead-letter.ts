import type { Connection } from './connection.ts'
import { Queue } from './entity.ts'
import type { Message } from './message.ts'
import { RenewableChannel } from './renewable-channel.ts'
import type { Payload } from './transport/base.ts'

export interface DeadLettersOptions {
  /** The durable queue they go to; it is declared when the first one comes. */
  readonly queue: Queue | string
}

/** Long enough for a sentence and a path, short enough for AMQP's header frame. */
const LONGEST_REASON = 1_000

/**
 * Not passed on: RabbitMQ's own record of dead-lettering and delivery, which makes it drop a message it takes for
 * a cycle, and the sender's further recipients, who have their copy.
 */
const STRIPPED = /^(?:x-death|x-first-death-.*|x-last-death-.*|x-delivery-count|x-acquired-count|cc|bcc)$/i

/**
 * Puts aside messages that cannot be handled, as they came and with the reason in their headers, so that somebody
 * can look at them and send them again. `put` resolves when the broker has the copy and the original is
 * acknowledged, in that order: whatever fails in between, the message is in at least one of the two queues.
 */
export class DeadLetters {
  readonly queue: Queue
  /** How many it has put aside so far. */
  putCount = 0
  readonly #connection: Connection
  readonly #channel: RenewableChannel

  constructor(connection: Connection, options: DeadLettersOptions) {
    this.queue = typeof options.queue === 'string' ? new Queue(options.queue) : options.queue
    this.#connection = connection
    this.#channel = new RenewableChannel(() => connection.channel())
  }

  /** Of an original that was acknowledged before, there is only the copy then. `headers` are added to the copy's. */
  async put(
    message: Message,
    reason: unknown,
    headers: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const payload = copyOf(message, reason, headers)
    const target = { exchange: '', routingKey: this.queue.name, mandatory: true }
    await this.#connection.ensureOn(this.#channel, async (channel) => {
      // Every time: they are rare, and a queue that was deleted meanwhile must not cost one.
      await this.queue.declare(channel)
      await channel.basicPublish(payload, target)
    })
    this.putCount += 1
    if (!message.acknowledged) await message.ack()
  }

  async close(): Promise<void> {
    await this.#channel.close()
  }
}

function copyOf(message: Message, reason: unknown, headers: Readonly<Record<string, unknown>>): Payload {
  const { exchange, routingKey, queue } = message.deliveryInfo
  // The copy waits for a person: no expiration. And RabbitMQ accepts no other user's name.
  const { expiration: _expiration, userId: _userId, ...properties } = message.properties
  return {
    body: message.body,
    contentType: message.contentType,
    contentEncoding: message.contentEncoding,
    properties: { ...properties, deliveryMode: 2 },
    headers: {
      ...Object.fromEntries(Object.entries(message.headers).filter(([name]) => !STRIPPED.test(name))),
      ...headers,
      'x-dead-letter-reason': readable(reason),
      'x-dead-letter-queue': queue,
      'x-dead-letter-exchange': exchange,
      'x-dead-letter-routing-key': routingKey,
      'x-dead-letter-time': new Date().toISOString(),
    },
  }
}

/** One bounded line of valid text, whatever was thrown. */
function readable(reason: unknown): string {
  const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason)
  const line = text.replace(/\p{Cc}+/gu, ' ').trim()
  return (line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON - 1)}…` : line).toWellFormed()
}
