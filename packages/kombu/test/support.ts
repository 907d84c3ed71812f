import type { TestContext } from 'node:test'
import { type ServerVariable, serverOfLane } from '../../../scripts/services/lanes.ts'
import {
  type Channel,
  Connection,
  Consumer,
  type ConsumerOptions,
  type Message,
  Queue,
  type QueueOptions,
  uuid,
} from '../src/index.ts'

/** No test needs longer; one that waits for something that never comes says so. */
export const TIMEOUT_MS = 60_000

export interface Service {
  readonly url: string
  /** Why its tests are skipped, or false. */
  readonly skip: string | false
}

/** A real service by its environment variable: skipped with a word where it is missing, an error in CI. */
export function service(variable: ServerVariable): Service {
  const url = serverOfLane(variable)
  if (url) return { url, skip: false }
  if (process.env.CI === 'true') throw new Error(`${variable} is not set, and CI must test the real service`)
  return { url: '', skip: `${variable} is not set; "npm test" starts the service` }
}

/** What one test needs of a broker, with names of its own; everything is removed when the test ends. */
export class Bench {
  readonly connection: Connection
  readonly channel: Channel
  readonly #queues: Queue[] = []

  static async open(t: TestContext, url: string): Promise<Bench> {
    const connection = new Connection(url)
    const bench = new Bench(connection, await connection.channel())
    t.after(() => bench.#close())
    return bench
  }

  private constructor(connection: Connection, channel: Channel) {
    this.connection = connection
    this.channel = channel
  }

  /** A name nobody else has. */
  name(base: string): string {
    return `test.${base}.${uuid()}`
  }

  /** A declared queue. */
  async queue(options: QueueOptions = {}, base = 'queue'): Promise<Queue> {
    const queue = new Queue(this.name(base), options)
    this.willDelete(queue)
    await queue.declare(this.channel)
    return queue
  }

  willDelete(queue: Queue): void {
    this.#queues.push(queue)
  }

  async #close(): Promise<void> {
    await this.connection.ensure(async (channel) => {
      for (const queue of this.#queues) if (!queue.exclusive) await queue.delete(channel)
    })
    await this.connection.close()
  }
}

/** A consumer whose messages a test takes one by one. */
export class Inbox {
  readonly messages: Message[] = []
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []
  #consumer: Consumer | undefined

  static async open(
    channel: Channel,
    queues: readonly Queue[],
    options: Omit<ConsumerOptions, 'queues' | 'onMessage'> = {},
  ): Promise<Inbox> {
    const inbox = new Inbox()
    const onMessage = (message: Message) => inbox.#add(message)
    inbox.#consumer = new Consumer(channel, { autoDeclare: false, ...options, queues, onMessage })
    await inbox.#consumer.consume()
    return inbox
  }

  /** Resolves with the first `count` messages, as soon as there are so many. */
  async first(count: number): Promise<readonly Message[]> {
    await new Promise<void>((resolve) => {
      this.#waiting.push({ count, resolve })
      this.#wake()
    })
    return this.messages.slice(0, count)
  }

  async cancel(): Promise<void> {
    await this.#consumer?.cancel()
  }

  #add(message: Message): void {
    this.messages.push(message)
    this.#wake()
  }

  #wake(): void {
    for (const { count, resolve } of this.#waiting) if (this.messages.length >= count) resolve()
  }
}

export function bodies(messages: readonly Message[]): unknown[] {
  return messages.map((message) => message.payload)
}
