import type { Clock } from '../worker/clock.ts'

interface Waiting {
  readonly at: number
  readonly call: () => void
  takeBack: () => void
}

/**
 * The system's time plus whatever a test adds to it: a task for tomorrow runs as soon as the clock was advanced by a
 * day. It never goes back.
 */
export class TestClock implements Clock {
  #aheadMs = 0
  readonly #waiting = new Set<Waiting>()

  now(): number {
    return Date.now() + this.#aheadMs
  }

  setTimeout(call: () => void, milliseconds: number): () => void {
    const waiting: Waiting = { at: this.now() + milliseconds, call, takeBack: () => {} }
    this.#waiting.add(waiting)
    this.#arm(waiting)
    return () => {
      this.#waiting.delete(waiting)
      waiting.takeBack()
    }
  }

  /** What becomes due meanwhile is called afterwards, soonest first. */
  advance(seconds: number): void {
    if (!(seconds >= 0))
      throw new RangeError(`A clock cannot be advanced by ${seconds} seconds: give 0 or more.`)
    this.#aheadMs += seconds * 1000
    for (const waiting of [...this.#waiting].sort((a, b) => a.at - b.at)) this.#arm(waiting)
  }

  #arm(waiting: Waiting): void {
    waiting.takeBack()
    const timeout = setTimeout(
      () => {
        this.#waiting.delete(waiting)
        waiting.call()
      },
      Math.max(0, waiting.at - this.now()),
    )
    waiting.takeBack = () => clearTimeout(timeout)
  }
}
