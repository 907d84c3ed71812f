/**
 * A set that keeps the newest of its items only (`celery/utils/collections.py`, LimitedSet): when it is full, those
 * that have expired go first, and then the oldest ones. Until then an item stays, however old it is.
 */
export class LimitedSet<Item> {
  readonly #limits: Limits
  readonly #times = new Map<Item, number>()

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** When each item came, in milliseconds since the epoch; the oldest first. */
  get times(): ReadonlyMap<Item, number> {
    return this.#times
  }

  has(item: Item): boolean {
    return this.#times.has(item)
  }

  add(item: Item, at = Date.now()): void {
    this.#times.delete(item)
    this.#times.set(item, at)
    if (this.#times.size > this.#limits.most) this.purge()
  }

  /** Drops what has expired, and what is too much. */
  purge(now = Date.now()): void {
    for (const [item, at] of this.#times) {
      if (this.#times.size <= this.#limits.most && now - at < this.#limits.expiresMs) return
      this.#times.delete(item)
    }
  }
}

export interface Limits {
  /** How many items it has at most. */
  readonly most: number
  /** Age from which an item may go. */
  readonly expiresMs: number
}
