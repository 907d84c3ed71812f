import { ChannelError } from '../../exceptions.ts'
import type { Claim } from './store.ts'

/** How many unsettled messages may be out at a time; 0 means no limit. */
export class PrefetchWindow {
  limit: number
  /** With false there is no room, whatever the limit. */
  isOpen = true
  #used = 0
  /** Of these, settled and not yet on their way. */
  #leaving = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get room(): number {
    if (!this.isOpen) return 0
    return this.limit === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.limit - this.#used)
  }

  take(): void {
    this.#used += 1
  }

  /** Whether most of what may be out is out and not settled: who receives has enough to do and waits for nothing. */
  get isAmple(): boolean {
    return this.limit === 0 || (this.#used - this.#leaving) * 2 > this.limit
  }

  /** One of them is settled; `release` follows when the store hears of it. */
  settle(): void {
    this.#leaving += 1
  }

  release(): void {
    this.#leaving -= 1
    this.#used -= 1
  }
}

export interface Unsettled {
  /** All of it, where its queue wants to know what was rejected. */
  readonly claim?: Claim | undefined
  /** The store's key of the claim. */
  readonly storeTag: string
  /** Those that have room again once it is settled. */
  readonly windows: readonly PrefetchWindow[]
}

/** What one channel delivered and nobody settled yet, by delivery tag, in the order of delivery. */
export class UnsettledLedger {
  readonly #entries = new Map<string, Unsettled>()
  #lastTag = 0

  /** The new delivery tag. */
  add(entry: Unsettled): string {
    this.#lastTag += 1
    const deliveryTag = String(this.#lastTag)
    this.#entries.set(deliveryTag, entry)
    for (const window of entry.windows) window.take()
    return deliveryTag
  }

  /** A tag for a message that needs no settlement. */
  skip(): string {
    this.#lastTag += 1
    return String(this.#lastTag)
  }

  /** Takes out one entry, or with `multiple` all up to it. ChannelError 406 when there is none. */
  remove(deliveryTag: string, multiple = false): readonly Unsettled[] {
    const tags = multiple ? this.#upTo(deliveryTag) : [deliveryTag]
    const removed = tags.flatMap((tag) => this.#entries.get(tag) ?? [])
    for (const tag of tags) this.#entries.delete(tag)
    if (removed.length === 0) {
      throw new ChannelError(
        `unknown delivery tag ${deliveryTag}: settled already, or of another channel`,
        406,
      )
    }
    return removed
  }

  removeAll(): readonly Unsettled[] {
    const removed = [...this.#entries.values()]
    this.#entries.clear()
    return removed
  }

  #upTo(deliveryTag: string): readonly string[] {
    return [...this.#entries.keys()].filter((tag) => Number(tag) <= Number(deliveryTag))
  }
}
