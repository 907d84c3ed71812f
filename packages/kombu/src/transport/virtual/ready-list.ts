import type { Envelope } from './store.ts'

export interface ReadyMessage {
  /** Grows with every message put, so that a requeued one finds its old place. */
  readonly position: number
  readonly envelope: Envelope
  readonly priority: number
  readonly expiresAt: number | undefined
  readonly redelivered: boolean
}

/** Taken messages stay in the array until they are this many and the larger part of it. */
const WORTH_COMPACTING = 1024

/** A queue's waiting messages in the order of delivery: highest priority first, then oldest. */
export class ReadyList {
  #messages: ReadyMessage[] = []
  #head = 0
  /** No message expires before this, in milliseconds since the epoch. */
  #soonest = Number.POSITIVE_INFINITY
  readonly #keepsExpired: boolean

  /** @param keepsExpired for whoever takes them; else they are dropped */
  constructor(keepsExpired = false) {
    this.#keepsExpired = keepsExpired
  }

  get soonestExpiry(): number {
    return this.#soonest
  }

  /** Expired messages that nobody has met yet do not count. */
  get size(): number {
    const now = Date.now()
    let size = 0
    for (let at = this.#head; at < this.#messages.length; at += 1) {
      if (!isExpired(this.#messages[at], now)) size += 1
    }
    return size
  }

  insert(message: ReadyMessage): void {
    this.#soonest = Math.min(this.#soonest, message.expiresAt ?? Number.POSITIVE_INFINITY)
    let low = this.#head
    let high = this.#messages.length
    const last = this.#messages[high - 1]
    if (high === low || (last && !comesBefore(message, last))) {
      this.#messages.push(message)
      return
    }
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#messages[middle]
      if (other && comesBefore(message, other)) high = middle
      else low = middle + 1
    }
    this.#messages.splice(low, 0, message)
  }

  /** Up to `limit` messages; expired ones on the way are dropped. */
  take(limit: number): readonly ReadyMessage[] {
    const now = Date.now()
    const taken: ReadyMessage[] = []
    const kept: ReadyMessage[] = []
    while (taken.length < limit && this.#head < this.#messages.length) {
      const message = this.#messages[this.#head]
      this.#head += 1
      if (message && !isExpired(message, now)) taken.push(message)
      else if (message && this.#keepsExpired) kept.push(message)
    }
    this.#compact()
    if (kept.length > 0) this.#messages.splice(this.#head, 0, ...kept)
    return taken
  }

  /** Up to `limit` messages whose time is over. */
  takeExpired(limit: number): readonly ReadyMessage[] {
    const now = Date.now()
    if (this.#soonest > now) return []
    const waiting = this.#messages.slice(this.#head)
    const taken = waiting.filter((message) => isExpired(message, now)).slice(0, limit)
    const isTaken = new Set(taken)
    this.#messages = waiting.filter((message) => !isTaken.has(message))
    this.#head = 0
    this.#soonest = Math.min(
      ...this.#messages.map(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt),
      Number.POSITIVE_INFINITY,
    )
    return taken
  }

  clear(): number {
    const { size } = this
    this.#messages = []
    this.#head = 0
    return size
  }

  #compact(): void {
    if (
      this.#head < this.#messages.length &&
      (this.#head < WORTH_COMPACTING || this.#head * 2 < this.#messages.length)
    )
      return
    this.#messages = this.#messages.slice(this.#head)
    this.#head = 0
  }
}

function comesBefore(a: ReadyMessage, b: ReadyMessage): boolean {
  return a.priority === b.priority ? a.position < b.position : a.priority > b.priority
}

function isExpired(message: ReadyMessage | undefined, now: number): boolean {
  return message?.expiresAt !== undefined && message.expiresAt <= now
}
