/**
 * `x-expires`: a queue that nobody has used for that long goes away. Each connection watches the queues it used
 * itself; whether others still use one is asked when its time is up.
 */
export class QueueExpiry {
  readonly #expire: (queue: string) => Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(expire: (queue: string) => Promise<void>, onFailure: (error: unknown) => void) {
    this.#expire = expire
    this.#onFailure = onFailure
  }

  /** The queue was used just now. */
  touch(queue: string, queueArguments: Readonly<Record<string, unknown>> = {}): void {
    const expiresMs = queueArguments['x-expires']
    if (typeof expiresMs !== 'number') return
    clearTimeout(this.#timers.get(queue))
    const timer = setTimeout(() => {
      this.#timers.delete(queue)
      this.#expire(queue).catch(this.#onFailure)
    }, expiresMs)
    timer.unref()
    this.#timers.set(queue, timer)
  }

  forget(queue: string): void {
    clearTimeout(this.#timers.get(queue))
    this.#timers.delete(queue)
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
