/** Not even one message: every slot has its task. */
export const NONE = -1

/**
 * How many messages the broker may have out at this worker. It starts at slots times the multiplier and grows by
 * one for each message that is only held for later, so that held tasks do not take the place of ready ones; but not
 * beyond a limit, so that a flood of tasks for tomorrow stays with the broker and does not fill the memory here.
 * Where nothing is to be taken in advance, tasks count whose message is settled already and that still run.
 */
export class PrefetchCount {
  #initial: number
  readonly #heldLimit: number
  readonly #apply: (count: number) => Promise<void>
  readonly #occupied: () => number
  #held = 0
  #applied: number | undefined
  #applying: Promise<void> | undefined

  /**
   * @param initial 0 means without limit
   * @param heldLimit how many held messages may raise it; 0 means any number, `static` none
   * @param apply tells the broker; 0 is without limit and NONE is none at all
   * @param occupied how many slots are taken by what the broker does not count any more
   */
  constructor(
    initial: number,
    heldLimit: number | 'static',
    apply: (count: number) => Promise<void>,
    occupied: () => number = () => 0,
  ) {
    this.#occupied = occupied
    this.#initial = initial
    this.#heldLimit = heldLimit === 'static' ? 0 : heldLimit || Number.POSITIVE_INFINITY
    this.#apply = apply
  }

  /** 0 means without limit, and NONE none at all. AMQP counts in 16 bits: more than that is without limit as well. */
  get value(): number {
    if (this.#initial === 0) return 0
    const count = this.#initial + Math.min(this.#held, this.#heldLimit) - this.#occupied()
    if (count <= 0) return NONE
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
