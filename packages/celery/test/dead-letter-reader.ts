import { Consumer, type Message, Queue } from '@voice-pocket/kombu'
import type { Celery } from '../src/index.ts'

/** Takes the dead letters of an app as they come, and tells why each is one. */
export class DeadLetterReader {
  readonly #letters: Message[] = []
  readonly #waiting = new Set<() => void>()

  /** Its channel lives as long as the app's connection. */
  static async on(app: Celery): Promise<DeadLetterReader> {
    const reader = new DeadLetterReader()
    const channel = await app.connection.channel()
    const queue = new Queue(app.conf.workerDeadLetterQueue)
    await new Consumer(channel, { queues: [queue], onMessage: (message) => reader.#take(message) }).consume()
    return reader
  }

  /** The reason of the next that fits, taken out. */
  async reason(fits: (letter: Message) => boolean): Promise<string> {
    for (;;) {
      const at = this.#letters.findIndex(fits)
      const [letter] = at < 0 ? [] : this.#letters.splice(at, 1)
      if (letter) return String(letter.headers['x-dead-letter-reason'])
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
    }
  }

  reasonOf(taskId: string): Promise<string> {
    return this.reason(({ headers }) => headers.id === taskId)
  }

  async #take(message: Message): Promise<void> {
    await message.ack()
    this.#letters.push(message)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
