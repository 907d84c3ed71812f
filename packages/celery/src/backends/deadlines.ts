interface Wait {
  readonly dueAt: number
  readonly onDue: () => void
}

/** What is to be done within one and the same time, many things at once: there is one timer for all of them. */
export class Deadlines {
  readonly #ms: number
  /** The first one is due first. */
  readonly #waits = new Set<Wait>()
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
  }

  /** Calls `onDue` when the time has passed, unless the function it returns is called before. */
  begin(onDue: () => void): () => void {
    const wait = { dueAt: performance.now() + this.#ms, onDue }
    this.#waits.add(wait)
    this.#timer ??= this.#timerFor(this.#ms)
    return () => this.#waits.delete(wait)
  }

  /** Whoever waits has something of his own that keeps the process alive: a connection, or a pause before the next one. */
  #timerFor(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#check(), ms).unref()
  }

  #check(): void {
    const now = performance.now()
    this.#timer = undefined
    for (const wait of this.#waits) {
      if (wait.dueAt > now) {
        this.#timer ??= this.#timerFor(Math.ceil(wait.dueAt - now))
        return
      }
      this.#waits.delete(wait)
      wait.onDue()
    }
  }
}
