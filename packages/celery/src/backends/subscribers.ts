import type { Subscriber } from './store.ts'

/** Who waits for which key. */
export class Subscribers {
  readonly #byKey = new Map<string, Set<Subscriber>>()

  get keys(): readonly string[] {
    return [...this.#byKey.keys()]
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** Returns what ends it; twice is fine. */
  add(key: string, subscriber: Subscriber): () => void {
    const subscribers = this.#byKey.get(key) ?? new Set()
    this.#byKey.set(key, subscribers.add(subscriber))
    return () => {
      subscribers.delete(subscriber)
      if (subscribers.size === 0 && this.#byKey.get(key) === subscribers) this.#byKey.delete(key)
    }
  }

  /** @param value what is under the key now; undefined where only the change is known */
  tell(key: string, value: string | undefined): void {
    for (const subscriber of [...(this.#byKey.get(key) ?? [])]) subscriber.changed(value)
  }

  /** It may be any of the keys that changed. */
  tellAll(): void {
    for (const key of this.keys) this.tell(key, undefined)
  }

  /** Nobody is left afterwards. */
  failAll(error: Error): void {
    const all = [...this.#byKey.values()]
    this.#byKey.clear()
    for (const subscribers of all) for (const subscriber of subscribers) subscriber.failed(error)
  }
}
