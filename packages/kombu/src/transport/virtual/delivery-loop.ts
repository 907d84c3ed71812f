import { endOfTurn } from './linger.ts'
import type { PrefetchWindow } from './qos.ts'
import type { Claim, QueueOrder, Store } from './store.ts'

/** A reason of one's own spares the making of an error that nobody looks at. */
const WOKEN = 'woken'

export interface Subscription {
  readonly queue: string
  readonly noAck: boolean
  readonly window: PrefetchWindow
  readonly deliver: (claim: Claim) => void
  /** Its queue does not exist any more. */
  readonly onQueueGone: () => void
}

/** Claimed in one step at most: enough to be fast, little enough to leave other workers their share. */
const LARGEST_CLAIM = 100

/**
 * Moves messages from the store to the subscriptions of one channel, as long as there is any: each round goes
 * once over the queues that somebody has room for, starting after the one that was served last (unless the
 * store orders them otherwise), and takes no more than there is room for. When a round finds nothing it sleeps until the store or `wake` calls it.
 */
export class DeliveryLoop {
  readonly #store: Store
  readonly #channelWindow: PrefetchWindow
  readonly #onFailure: (error: unknown) => void
  readonly #subscriptions = new Set<Subscription>()
  /** In the order they were subscribed to first. */
  readonly #queues = new Set<string>()
  readonly #order: QueueOrder
  /** The queue that had something last. */
  #lastServed = ''
  #changes = 0
  /** A queue may have more than there was room for. */
  #isShortOfRoom = false
  #sleep: AbortController | undefined
  #running: Promise<void> | undefined

  constructor(store: Store, channelWindow: PrefetchWindow, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#order = store.queueOrder ?? 'round_robin'
    this.#channelWindow = channelWindow
    this.#onFailure = onFailure
  }

  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription)
    this.#queues.add(subscription.queue)
    this.wake()
    this.#running ??= this.#run()
  }

  /** Nothing is delivered to it from now on. */
  remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription)
    if (![...this.#subscriptions].some(({ queue }) => queue === subscription.queue))
      this.#queues.delete(subscription.queue)
    this.wake()
  }

  /** Look again: there may be room, or another subscription. */
  wake(): void {
    this.#changes += 1
    this.#sleep?.abort(WOKEN)
  }

  /** Something was settled. Where the queues had less than there was room for, only what arrives is of interest. */
  roomMade(): void {
    if (this.#isShortOfRoom) this.wake()
  }

  /** Resolves when it has ended and everything it had claimed is delivered or back in its queue. */
  async stop(): Promise<void> {
    this.#subscriptions.clear()
    this.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      while (this.#subscriptions.size > 0) {
        const changes = this.#changes
        const queues = this.#queuesWithRoom()
        this.#isShortOfRoom = queues.length < this.#queues.size
        const delivered = await this.#round(queues)
        if (delivered > 0) await endOfTurn()
        else if (changes === this.#changes) await this.#sleepUntilChange(queues)
      }
    } catch (error) {
      this.#subscriptions.clear()
      this.#onFailure(error)
    } finally {
      this.#running = undefined
    }
  }

  async #round(queues: readonly string[]): Promise<number> {
    let delivered = 0
    for (const queue of queues) {
      const room = Math.min(this.#room(queue), LARGEST_CLAIM)
      const served = room > 0 ? await this.#deliver(await this.#store.claim([queue], room)) : 0
      if (served > 0) this.#lastServed = queue
      if (served === room) this.#isShortOfRoom = true
      delivered += served
      // In a fixed order a later queue gets its turn when the earlier ones are empty.
      if (delivered > 0 && this.#order !== 'round_robin') break
    }
    return delivered
  }

  async #deliver(claims: readonly Claim[]): Promise<number> {
    const settled: string[] = []
    const unwanted: string[] = []
    for (const claim of claims) {
      const subscription = this.#nextFor(claim.queue)
      if (!subscription) unwanted.push(claim.tag)
      else if (subscription.noAck) settled.push(claim.tag)
      subscription?.deliver(claim)
    }
    if (settled.length > 0) await this.#store.settle(settled, 'ack')
    if (unwanted.length > 0) await this.#store.settle(unwanted, 'requeue')
    return claims.length
  }

  /** Of several on one queue, the one that waited longest: it goes to the end of the line. */
  #nextFor(queue: string): Subscription | undefined {
    for (const subscription of this.#subscriptions) {
      if (subscription.queue !== queue || this.#roomOf(subscription) === 0) continue
      this.#subscriptions.delete(subscription)
      this.#subscriptions.add(subscription)
      return subscription
    }
    return undefined
  }

  /** What needs no settlement counts nowhere. */
  #roomOf({ noAck, window }: Subscription): number {
    if (!this.#channelWindow.isOpen) return 0
    return noAck ? Number.POSITIVE_INFINITY : Math.min(window.room, this.#channelWindow.room)
  }

  #room(queue: string): number {
    let room = 0
    for (const subscription of this.#subscriptions) {
      if (subscription.queue === queue) room += this.#roomOf(subscription)
    }
    return room
  }

  #queuesWithRoom(): readonly string[] {
    const names = this.#order === 'priority' ? this.#queues : [...this.#queues].sort()
    const queues = [...names].filter((queue) => this.#room(queue) > 0)
    if (this.#order !== 'round_robin') return queues
    const next = queues.findIndex((queue) => queue > this.#lastServed)
    return next < 0 ? queues : [...queues.slice(next), ...queues.slice(0, next)]
  }

  async #sleepUntilChange(queues: readonly string[]): Promise<void> {
    const sleep = new AbortController()
    this.#sleep = sleep
    for (const queue of queues) {
      if (!(await this.#store.getQueue(queue))) this.#queueGone(queue)
    }
    await this.#store.wait(queues, sleep.signal)
    this.#sleep = undefined
  }

  #queueGone(queue: string): void {
    for (const subscription of [...this.#subscriptions]) {
      if (subscription.queue !== queue) continue
      this.remove(subscription)
      subscription.onQueueGone()
    }
  }
}
