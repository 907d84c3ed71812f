import type { Outcome } from '../app/trace.ts'

/** A counting semaphore whose waiters are served in order and can give up. */
export class Slots {
  #free: number
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  readonly #idle: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
    this.#free = limit
  }

  /** Resolves with true when a slot is yours (give it back with `release`), with false when the signal aborted first. */
  acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(granted), 1)
        resolve(false)
      }
      const granted = () => {
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(granted)
    })
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next) {
      next()
      return
    }
    this.#free += 1
    if (this.#free === this.#limit) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves when no slot is taken. */
  idle(): Promise<void> {
    if (this.#free === this.#limit) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }
}

/** What comes of a job that got no slot: the pool closed, or else the job was cancelled. */
export function neverRan(closed: AbortSignal): Outcome {
  if (closed.aborted) throw closed.reason
  return { kind: 'cancelled' }
}
