import { createHash } from 'node:crypto'
import { type Channel, ChannelError, type Connection, type Message, Queue } from '@voice-pocket/kombu'

/** A message that was put aside. */
export interface DeadLetter {
  /** Its task's id, or else made of its content: it names the message in `retry` and `delete`. */
  readonly id: string
  readonly task: string | undefined
  readonly reason: string
  /** Where it was, and when it was put aside. */
  readonly queue: string
  readonly time: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly contentType: string | undefined
  readonly body: Buffer
}

/** What `DeadLetters` of kombu notes in the headers. */
const NOTE = /^x-dead-letter-/
const NOT_FOUND = 404

/**
 * The messages that workers put aside because no task could be found for them, or none that could read them: look at
 * them, send them once more to where they were, or delete them. Others cannot take them meanwhile; those that are not
 * wanted go back to their places. `ids` of undefined means all of them.
 */
export class DeadLetterQueue {
  readonly name: string
  readonly #connection: Connection

  constructor(connection: Connection, name: string) {
    this.#connection = connection
    this.name = name
  }

  list(ids?: readonly string[]): Promise<readonly DeadLetter[]> {
    return this.#take(ids, (message) => message.requeue())
  }

  /** To the queue it came from, without the notes that were made on it. It is deleted here when the broker has it. */
  retry(ids?: readonly string[]): Promise<readonly DeadLetter[]> {
    return this.#take(ids, async (message) => {
      const { body, contentType, contentEncoding, properties, headers } = message
      const { exchange, routingKey } = originOf(message)
      const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !NOTE.test(name)))
      const payload = { body, contentType, contentEncoding, properties, headers: kept }
      await message.channel.basicPublish(payload, { exchange, routingKey, mandatory: true })
      await message.ack()
    })
  }

  delete(ids?: readonly string[]): Promise<readonly DeadLetter[]> {
    return this.#take(ids, (message) => message.ack())
  }

  async #take(
    ids: readonly string[] | undefined,
    act: (message: Message) => Promise<void>,
  ): Promise<readonly DeadLetter[]> {
    const channel = await this.#connection.channel()
    const taken: Message[] = []
    try {
      for await (const message of messagesOf(this.name, channel)) taken.push(message)
      const wanted = taken.filter((message) => ids?.includes(idOf(message)) ?? true)
      // The last one first: what goes back is put before what is there.
      for (const message of taken.toReversed()) if (!wanted.includes(message)) await message.requeue()
      const letters = wanted.map(toDeadLetter)
      for (const message of wanted.toReversed()) await act(message)
      return letters
    } finally {
      await channel.close() // gives back what an error left
    }
  }
}

async function* messagesOf(name: string, channel: Channel): AsyncGenerator<Message> {
  const queue = new Queue(name, { noDeclare: true })
  try {
    for (let message = await queue.get(channel); message; message = await queue.get(channel)) yield message
  } catch (error) {
    if (!(error instanceof ChannelError) || error.code !== NOT_FOUND) throw error // nothing was ever put aside
  }
}

function idOf({ headers, properties, body }: Message): string {
  const id = headers.id ?? properties.messageId
  if (typeof id === 'string' && id !== '') return id
  return createHash('sha256')
    .update(body)
    .update(String(headers['x-dead-letter-time']))
    .digest('hex')
    .slice(0, 12)
}

/** A queue of no exchange was sent to by its name. */
function originOf({ headers }: Message): { exchange: string; routingKey: string } {
  const exchange = String(headers['x-dead-letter-exchange'] ?? '')
  const routingKey = String(headers['x-dead-letter-routing-key'] ?? headers['x-dead-letter-queue'] ?? '')
  return { exchange, routingKey }
}

function toDeadLetter(message: Message): DeadLetter {
  const { headers, contentType, body } = message
  return {
    id: idOf(message),
    task: typeof headers.task === 'string' ? headers.task : undefined,
    reason: String(headers['x-dead-letter-reason'] ?? ''),
    queue: String(headers['x-dead-letter-queue'] ?? ''),
    time: String(headers['x-dead-letter-time'] ?? ''),
    headers,
    contentType,
    body,
  }
}
