import { BackendError } from '../exceptions.ts'
import type { CountingStore, Gathered, GatherKeys, Replaced, Subscriber, Subscription } from './store.ts'
import { Subscribers } from './subscribers.ts'

interface Entry {
  readonly value: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

interface Collection {
  /** Members with their positions. */
  readonly members: Map<string, number>
  readonly expiresAt: number
}

/** What the stores of one name share; as with the memory broker, there is one per name in a process. */
class Shelf {
  readonly entries = new Map<string, Entry>()
  readonly collections = new Map<string, Collection>()
  /** Of each store that is open. */
  readonly audiences = new Set<Subscribers>()
}

const shelves = new Map<string, Shelf>()

/** Results in this process: for tests, and for a client and a worker that live together. Gone with the last user. */
export class MemoryStore implements CountingStore {
  readonly url: string
  readonly #name: string
  readonly #shelf: Shelf
  readonly #subscribers = new Subscribers()
  #isOpen = true

  constructor(name: string) {
    this.#name = name
    this.url = `memory://${name}`
    this.#shelf = shelves.get(name) ?? new Shelf()
    this.#shelf.audiences.add(this.#subscribers)
    shelves.set(name, this.#shelf)
  }

  async get(key: string): Promise<string | undefined> {
    this.#assertOpen()
    return this.#read(key)
  }

  async replace(
    key: string,
    expected: string | undefined,
    value: string,
    ttlSeconds: number,
  ): Promise<Replaced> {
    this.#assertOpen()
    const found = this.#read(key)
    if (found !== expected) return { isWritten: false, found }
    this.#write(key, value, expiry(ttlSeconds))
    return { isWritten: true }
  }

  async put(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#assertOpen()
    this.#write(key, value, expiry(ttlSeconds))
  }

  async increment(key: string, by: number): Promise<void> {
    this.#assertOpen()
    const { value = '0', expiresAt = Number.POSITIVE_INFINITY } = this.#shelf.entries.get(key) ?? {}
    this.#write(key, String(Number(value) + by), expiresAt)
  }

  async gather(
    { parts, added, size }: GatherKeys,
    member: string,
    position: number,
    ttlSeconds: number,
  ): Promise<Gathered> {
    this.#assertOpen()
    const members = this.#collection(parts).set(member, position)
    this.#shelf.collections.delete(parts)
    this.#shelf.collections.set(parts, { members, expiresAt: expiry(ttlSeconds) })
    for (const key of [added, size]) {
      const value = this.#read(key)
      if (value !== undefined && ttlSeconds > 0) this.#write(key, value, expiry(ttlSeconds))
    }
    return { count: members.size, added: this.#read(added), size: this.#read(size) }
  }

  async gathered(key: string): Promise<readonly string[]> {
    this.#assertOpen()
    const members = [...this.#collection(key)]
    return members
      .sort(([one, at], [other, otherAt]) => (at === otherAt ? (one < other ? -1 : 1) : at - otherAt))
      .map(([member]) => member)
  }

  async delete(...keys: readonly string[]): Promise<void> {
    this.#assertOpen()
    for (const key of keys) {
      this.#shelf.entries.delete(key)
      this.#shelf.collections.delete(key)
    }
  }

  subscribe(key: string, subscriber: Subscriber): Subscription {
    if (!this.#isOpen) return { ready: Promise.reject(this.#closedError()), end() {} }
    return { ready: Promise.resolve(), end: this.#subscribers.add(key, subscriber) }
  }

  async cleanup(): Promise<number> {
    this.#assertOpen()
    return this.#removeExpired()
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#subscribers.failAll(this.#closedError())
    this.#shelf.audiences.delete(this.#subscribers)
    if (this.#shelf.audiences.size === 0) shelves.delete(this.#name)
  }

  #read(key: string): string | undefined {
    const entry = this.#shelf.entries.get(key)
    return entry && entry.expiresAt > Date.now() ? entry.value : undefined
  }

  #write(key: string, value: string, expiresAt: number): void {
    this.#removeExpired()
    this.#shelf.entries.delete(key) // so that the oldest entry is always the first
    this.#shelf.entries.set(key, { value, expiresAt })
    for (const audience of this.#shelf.audiences) audience.tell(key, value)
  }

  #collection(key: string): Map<string, number> {
    const collection = this.#shelf.collections.get(key)
    return collection && collection.expiresAt > Date.now() ? collection.members : new Map()
  }

  /** Nobody cleans up behind a process that only ever writes, so each write does a little. */
  #removeExpired(): number {
    let removed = 0
    for (const shelf of [this.#shelf.entries, this.#shelf.collections]) {
      for (const [key, { expiresAt }] of shelf) {
        if (expiresAt > Date.now()) break
        shelf.delete(key)
        removed += 1
      }
    }
    return removed
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw this.#closedError()
  }

  #closedError(): BackendError {
    return new BackendError(`The result backend ${this.url} is closed; open another one.`)
  }
}

function expiry(ttlSeconds: number): number {
  return ttlSeconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + ttlSeconds * 1000
}
