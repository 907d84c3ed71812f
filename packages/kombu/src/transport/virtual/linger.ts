/** Resolves when the callbacks of this turn of the event loop have run: timers and sockets get theirs, too. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** How long a batch waits for company: until the end of a turn of the event loop, and before that some milliseconds. */
export class Linger {
  readonly #ms: number
  #isHurried = false
  #cutShort: () => void = () => {}

  /** @param ms 0 for only the turn */
  constructor(ms: number) {
    this.#ms = ms
  }

  /** The wait that is under way, or else the next one, lasts for the turn only. */
  hurry(): void {
    this.#isHurried = true
    this.#cutShort()
  }

  /** Resolves when it is over. One at a time. */
  async wait(): Promise<void> {
    if (this.#ms > 0 && !this.#isHurried) await this.#pause()
    await endOfTurn()
    this.#isHurried = false
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#ms)
      this.#cutShort = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
