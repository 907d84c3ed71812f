/** How well a process does with what it keeps ready. */
export interface WarmCounts {
  readonly size: number
  readonly capacity: number
  /** Times that something was asked for and there, or not. */
  readonly hits: number
  readonly misses: number
  /** Times that something made room. */
  readonly evictions: number
}

/**
 * What is costly to make or to fetch, kept by a process while it is among what it used last. What is in use stays, if
 * it is too much.
 */
export class KeptWarm<Value> implements WarmCounts {
  readonly capacity: number
  hits = 0
  misses = 0
  evictions = 0
  readonly #isInUse: (value: Value) => boolean
  /** What was used last is the last. */
  readonly #values = new Map<string, Value>()

  constructor(capacity: number, isInUse: (value: Value) => boolean = () => false) {
    this.capacity = capacity
    this.#isInUse = isInUse
  }

  get size(): number {
    return this.#values.size
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  /** Using it. */
  get(key: string): Value | undefined {
    const value = this.#values.get(key)
    if (value === undefined) this.misses += 1
    else {
      this.hits += 1
      this.keep(key, value)
    }
    return value
  }

  /** As what was used last; what is too much now goes with `evict`. */
  keep(key: string, value: Value): void {
    this.#values.delete(key)
    this.#values.set(key, value)
  }

  /** Unless another value took its place. */
  forget(key: string, value: Value): void {
    if (this.#values.get(key) === value) this.#values.delete(key)
  }

  /** Takes out what is too much, and was not used for longest. */
  evict(): readonly Value[] {
    const evicted: Value[] = []
    for (const [key, value] of this.#values) {
      if (this.#values.size <= this.capacity) break
      if (this.#isInUse(value)) continue
      this.#values.delete(key)
      evicted.push(value)
    }
    this.evictions += evicted.length
    return evicted
  }

  /** Takes out everything. */
  clear(): readonly Value[] {
    const all = [...this.#values.values()]
    this.#values.clear()
    return all
  }
}
