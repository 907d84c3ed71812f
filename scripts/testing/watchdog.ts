import type { TestEvent } from 'node:test/reporters'

/**
 * Notices a file whose process does not end, which Node's test runner would wait for without bound: tests have time
 * limits of their own, but a socket or a timer that one leaves behind has none.
 */
export class Watchdog {
  readonly #limitMs: number
  readonly #onHung: (file: string) => void
  readonly #running = new Map<string, NodeJS.Timeout>()

  constructor(limitMs: number, onHung: (file: string) => void) {
    this.#limitMs = limitMs
    this.#onHung = onHung
  }

  next({ type, data }: TestEvent): void {
    // Of a file both are told when they happen, not in order.
    if (type === 'test:dequeue' && data.name === data.file)
      this.#running.set(
        data.file,
        setTimeout(() => this.#onHung(data.name), this.#limitMs),
      )
    if (type === 'test:complete' && data.name === data.file) {
      clearTimeout(this.#running.get(data.file))
      this.#running.delete(data.file)
    }
  }
}
