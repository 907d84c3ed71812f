import { type Clock, systemClock } from './clock.ts'

interface Entry {
  readonly time: number
  readonly call: () => void
  cancelled: boolean
}

/** `setTimeout` takes no longer wait than this (about 24 days); a farther entry is looked at again then. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Calls things at their time, soonest first: one heap and one timer for all the tasks that are held. */
export class Timer {
  readonly #heap: Entry[] = []
  readonly #clock: Clock
  #disarm: (() => void) | undefined

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Milliseconds since the epoch, by its clock. */
  now(): number {
    return this.#clock.now()
  }

  get size(): number {
    return this.#heap.length
  }

  /** Returns the function that takes it back. @param time milliseconds since the epoch */
  callAt(time: number, call: () => void): () => void {
    const entry: Entry = { time, call, cancelled: false }
    this.#push(entry)
    this.#arm()
    return () => {
      entry.cancelled = true
    }
  }

  /** Forgets every entry. */
  clear(): void {
    this.#heap.length = 0
    this.#disarm?.()
    this.#disarm = undefined
  }

  #arm(): void {
    this.#disarm?.()
    const next = this.#heap[0]
    if (!next) return
    const wait = Math.min(Math.max(0, next.time - this.now()), LONGEST_WAIT_MS)
    this.#disarm = this.#clock.setTimeout(() => this.#callDue(), wait)
  }

  #callDue(): void {
    const now = this.now()
    for (let entry = this.#heap[0]; entry && (entry.time <= now || entry.cancelled); entry = this.#heap[0]) {
      this.#pop()
      if (!entry.cancelled) entry.call()
    }
    this.#arm()
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((heap[parent] as Entry).time <= entry.time) break
      heap[index] = heap[parent] as Entry
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] as Entry).time < (heap[child] as Entry).time) child += 1
      if ((heap[child] as Entry).time >= last.time) break
      heap[index] = heap[child] as Entry
      index = child
    }
    heap[index] = last
  }
}
