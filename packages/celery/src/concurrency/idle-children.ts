/** Keys that are remembered of a child; each is a short text. */
const MOST_KEYS = 256

/**
 * The children of a pool that have nothing to do, and which of them a job goes to.
 * 1. A child remembers the affinity keys of the jobs that it was given last: what it loaded for them may be warm.
 * 2. A job goes to an idle child that remembers its first key, or else its second, and so on; or else to the one that
 *    remembers the fewest keys, so that what is loaded is spread. Of equals it is the one that worked last.
 * 3. It never waits for a child that is busy. What a child remembers is gone with it.
 */
export class IdleChildren<Child extends object> {
  /** The one that worked last is the last. */
  readonly #idle: Child[] = []
  /** The key that was used last is the last. */
  readonly #keys = new WeakMap<Child, Set<string>>()
  /** Jobs with keys that went to a child which remembered the first of them, and those that did not. */
  hits = 0
  misses = 0

  add(child: Child): void {
    this.#idle.push(child)
  }

  remove(child: Child): void {
    const position = this.#idle.indexOf(child)
    if (position !== -1) this.#idle.splice(position, 1)
  }

  /** Takes out all of them. */
  takeAll(): readonly Child[] {
    return this.#idle.splice(0)
  }

  /** Takes out the one for a job with these keys, if any is idle. */
  takeFor(keys: readonly string[]): Child | undefined {
    if (keys.length === 0) return this.#idle.pop()
    const child = this.#warmFor(keys) ?? this.#leastUsed()
    if (child !== undefined) this.remove(child)
    return child
  }

  /** The child has been given a job with these keys. */
  remember(child: Child, keys: readonly string[]): void {
    const [first] = keys
    if (first === undefined) return
    const remembered = this.#keysOf(child)
    if (remembered.has(first)) this.hits += 1
    else this.misses += 1
    for (const key of keys.toReversed()) {
      remembered.delete(key)
      remembered.add(key)
    }
    for (const key of remembered) {
      if (remembered.size <= MOST_KEYS) return
      remembered.delete(key)
    }
  }

  #warmFor(keys: readonly string[]): Child | undefined {
    for (const key of keys) {
      const warm = this.#idle.findLast((child) => this.#keysOf(child).has(key))
      if (warm !== undefined) return warm
    }
    return undefined
  }

  #leastUsed(): Child | undefined {
    const fewest = Math.min(...this.#idle.map((child) => this.#keysOf(child).size))
    return this.#idle.findLast((child) => this.#keysOf(child).size === fewest)
  }

  #keysOf(child: Child): Set<string> {
    const keys = this.#keys.get(child) ?? new Set()
    this.#keys.set(child, keys)
    return keys
  }
}
