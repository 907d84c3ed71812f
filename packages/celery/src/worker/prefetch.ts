/**
 * How many messages the broker may have out at this worker. It starts at slots times the multiplier and grows by
 * one for each message that is only held for later, so that held tasks do not take the place of ready ones; but not
 * beyond a limit, so that a flood of tasks for tomorrow stays with the broker and does not fill the memory here.
 */
export class PrefetchCount {
  #initial: number
  readonly #heldLimit: number
  readonly #apply: (count: number) => Promise<void>
  #held = 0
  #applied = -1
  #applying: Promise<void> | undefined

  /**
   * @param initial 0 means without limit
   * @param heldLimit how many held messages may raise it; 0 means any number, `static` none
   * @param apply tells the broker
   */
  constructor(initial: number, heldLimit: number | 'static', apply: (count: number) => Promise<void>) {
    this.#initial = initial
    this.#heldLimit = heldLimit === 'static' ? 0 : heldLimit || Number.POSITIVE_INFINITY
    this.#apply = apply
  }

  /** 0 means without limit. AMQP counts in 16 bits: more than that is without limit as well. */
  get value(): number {
    const count = this.#initial === 0 ? 0 : this.#initial + Math.min(this.#held, this.#heldLimit)
    return count > 65_535 ? 0 : count
  }

  /** The pool has another size now. @param initial 0 means without limit */
  resize(initial: number): Promise<void> {
    this.#initial = initial
    return this.update()
  }

  hold(): Promise<void> {
    this.#held += 1
    return this.update()
  }

  letGo(): Promise<void> {
    this.#held -= 1
    return this.update()
  }

  /** Tells the broker, if what it knows is not true any more. Calls in one moment become one message. */
  update(): Promise<void> {
    this.#applying ??= this.#applyAll().finally(() => {
      this.#applying = undefined
    })
    return this.#applying
  }

  async #applyAll(): Promise<void> {
    for (let count = this.value; count !== this.#applied; count = this.value) {
      await this.#apply(count)
      this.#applied = count
    }
  }
}
