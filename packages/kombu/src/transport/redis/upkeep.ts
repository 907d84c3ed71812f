/** A third of the time after which others restore what is held: two renewals may fail to come through. */
const RENEWALS = 3

/** However long the visibility timeout is. */
const LONGEST_SWEEP_INTERVAL_MS = 60_000

/** Longer than this a timer cannot wait. */
const LONGEST_INTERVAL_MS = 24 * 3_600_000

/**
 * What a connection does now and then as long as it consumes: it renews what it holds, and restores what others held
 * who do not live any more. A failure is a failure of the connection.
 */
export class Upkeep {
  readonly #renew: () => Promise<void>
  readonly #sweep: () => Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #intervalMs: number
  #timers: readonly NodeJS.Timeout[] = []
  #isStopped = false
  #running = Promise.resolve()

  constructor(
    visibilityTimeout: number,
    duties: { readonly renew: () => Promise<void>; readonly sweep: () => Promise<void> },
    onFailure: (error: unknown) => void,
  ) {
    this.#intervalMs = Math.min((visibilityTimeout * 1000) / RENEWALS, LONGEST_INTERVAL_MS)
    this.#renew = duties.renew
    this.#sweep = duties.sweep
    this.#onFailure = onFailure
  }

  /** Sweeps at once: those who were killed may be waiting for just this. Twice is fine. */
  start(): void {
    if (this.#timers.length > 0 || this.#isStopped) return
    this.#do(this.#sweep)
    this.#timers = [
      setInterval(() => this.#do(this.#renew), this.#intervalMs).unref(),
      setInterval(() => this.#do(this.#sweep), Math.min(this.#intervalMs, LONGEST_SWEEP_INTERVAL_MS)).unref(),
    ]
  }

  /** Resolves when nothing is going on. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#running
  }

  #do(duty: () => Promise<void>): void {
    this.#running = this.#running
      .then(() => (this.#isStopped ? undefined : duty()))
      .catch((error: unknown) => this.#onFailure(error))
  }
}
