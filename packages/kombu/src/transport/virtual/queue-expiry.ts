/**
 * `x-expires`: a queue that nobody has used for that long goes away. Each connection watches the queues it used
 * itself; whether others still use one is asked when its time is up, and then it is watched on.
 */
export class QueueExpiry {
  readonly #expire: (queue: string) => Promise<boolean>
  readonly #onFailure: (error: unknown) => void
  readonly #timers = new Map<string, NodeJS.Timeout>()
  #isClosed = false

  /** @param expire deletes a queue that is not used; false when it is */
  constructor(expire: (queue: string) => Promise<boolean>, onFailure: (error: unknown) => void) {
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
      this.#expireOrWatch(queue, queueArguments).catch(this.#onFailure)
    }, expiresMs)
    timer.unref()
    this.#timers.set(queue, timer)
  }

  async #expireOrWatch(queue: string, queueArguments: Readonly<Record<string, unknown>>): Promise<void> {
    const isGone = await this.#expire(queue)
    if (!isGone && !this.#isClosed && !this.#timers.has(queue)) this.touch(queue, queueArguments)
  }

  forget(queue: string): void {
    clearTimeout(this.#timers.get(queue))
    this.#timers.delete(queue)
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
