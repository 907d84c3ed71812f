import { type Channel, Consumer, type Message, Queue } from '@voice-pocket/kombu'
import type { Celery } from '../src/index.ts'

/** Takes the dead letters of an app as they come, and tells who waits for one. */
export class DeadLetterReader {
  readonly #consumer: Consumer
  readonly #letters: Message[] = []
  readonly #waiting = new Set<() => void>()

  static async on(app: Celery): Promise<DeadLetterReader> {
    const reader = new DeadLetterReader(await app.connection.channel(), app.conf.workerDeadLetterQueue)
    await reader.#consumer.consume()
    return reader
  }

  private constructor(channel: Channel, queue: string) {
    this.#consumer = new Consumer(channel, {
      queues: [new Queue(queue)],
      onMessage: (message) => this.#take(message),
    })
  }

  /** The next one that fits, taken out. */
  async next(fits: (letter: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const at = this.#letters.findIndex(fits)
      const [letter] = at < 0 ? [] : this.#letters.splice(at, 1)
      if (letter) return letter
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
    }
  }

  /** Why the message of that task is one. */
  async reasonOf(taskId: string): Promise<string> {
    const { headers } = await this.next((letter) => letter.headers.id === taskId)
    return String(headers['x-dead-letter-reason'])
  }

  async close(): Promise<void> {
    await this.#consumer[Symbol.asyncDispose]()
    await this.#consumer.channel.close()
  }

  async #take(message: Message): Promise<void> {
    await message.ack()
    this.#letters.push(message)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
