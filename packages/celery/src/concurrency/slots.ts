import type { Outcome } from '../app/trace.ts'

/** A counting semaphore whose waiters are served in order and can give up, and whose size can change. */
export class Slots {
  #limit: number
  #taken = 0
  /** In the order they came. */
  readonly #waiting = new Map<object, (isYours: boolean) => void>()
  readonly #idle: (() => void)[] = []
  #isClosed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  get limit(): number {
    return this.#limit
  }

  /**
   * Takes effect at once for those who wait; what is taken stays so until it is given back.
   * @throws RangeError for a size that cannot be
   */
  resize(limit: number): void {
    if (!Number.isInteger(limit) || limit < 0)
      throw new RangeError(`A pool has a whole number of slots, 0 or more; it cannot have ${limit}.`)
    this.#limit = limit
    this.#serve()
  }

  /**
   * Resolves with true when a slot is yours (give it back with `release`), with false when you gave up first or nobody
   * gets one any more.
   * @param who to say later who gives up
   */
  acquire(who: object): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false)
    if (this.#waiting.size === 0 && this.#taken < this.#limit) {
      this.#taken += 1
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      this.#waiting.set(who, resolve)
      this.#serve()
    })
  }

  /** Who waits gets none; who has one keeps it. */
  giveUp(who: object): void {
    const answer = this.#waiting.get(who)
    this.#waiting.delete(who)
    answer?.(false)
  }

  /** Whoever waits, or comes later, gets none. */
  close(): void {
    this.#isClosed = true
    for (const who of [...this.#waiting.keys()]) this.giveUp(who)
  }

  release(): void {
    this.#taken -= 1
    this.#serve()
    if (this.#taken === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Resolves when no slot is taken. */
  idle(): Promise<void> {
    if (this.#taken === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #serve(): void {
    for (const [who, answer] of this.#waiting) {
      if (this.#taken >= this.#limit) return
      this.#waiting.delete(who)
      this.#taken += 1
      answer(true)
    }
  }
}

/** What comes of a job that got no slot: the pool closed, or else the job was cancelled. */
export function neverRan(closed: AbortSignal): Outcome {
  if (closed.aborted) throw closed.reason
  return { kind: 'cancelled' }
}
