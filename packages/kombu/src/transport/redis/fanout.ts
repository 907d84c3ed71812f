import { uuid } from '../../uuid.ts'
import type { QueueDeclaration } from '../base.ts'
import { ReadyList, type ReadyMessage } from '../virtual/ready-list.ts'
import type { Claim } from '../virtual/store.ts'
import type { RedisClient } from './connection.ts'
import type { Keys } from './keys.ts'

/** Of a queue without `x-max-length`: what nobody takes must not fill the memory. The oldest make room. */
const LONGEST_QUEUE = 100_000

interface FanoutQueue {
  readonly ready: ReadyList
  readonly declaration: QueueDeclaration
  /** How often it is subscribed to each pattern: bindings may share one. */
  readonly patterns: Map<string, number>
  last: { readonly envelope: string; readonly pattern: string } | undefined
}

/**
 * The queues that are bound to a fanout exchange. Redis does not store broadcasts: it hands them to the connections
 * that are subscribed at that moment, and each keeps its own, here. A queue lives as long as its connection, and a
 * message in it is as safe as this process.
 */
export class FanoutQueues {
  readonly #subscriber: () => Promise<RedisClient>
  readonly #keys: Keys
  readonly #onArrival: (queue: string) => void
  readonly #queues = new Map<string, FanoutQueue>()
  readonly #unacked = new Map<string, ReadyMessage & { readonly queue: string }>()
  readonly #listeners = new Map<string, (text: string) => void>()
  readonly #id = uuid()
  #lastPosition = 0

  constructor(subscriber: () => Promise<RedisClient>, keys: Keys, onArrival: (queue: string) => void) {
    this.#subscriber = subscriber
    this.#keys = keys
    this.#onArrival = onArrival
  }

  /** Resolves when everything published from then on will come. */
  async bind(
    queue: string,
    declaration: QueueDeclaration,
    exchange: string,
    routingKey: string,
  ): Promise<void> {
    const bound = this.#queues.get(queue) ?? newQueue(declaration)
    this.#queues.set(queue, bound)
    const patterns = this.#keys.fanoutPatterns(exchange, routingKey)
    for (const pattern of patterns) bound.patterns.set(pattern, (bound.patterns.get(pattern) ?? 0) + 1)
    const client = await this.#subscriber()
    for (const pattern of patterns) await client.pSubscribe(pattern, this.#listener(pattern))
  }

  async unbind(queue: string, exchange: string, routingKey: string): Promise<void> {
    const bound = this.#queues.get(queue)
    if (!bound) return
    for (const pattern of this.#keys.fanoutPatterns(exchange, routingKey)) {
      const count = (bound.patterns.get(pattern) ?? 0) - 1
      if (count > 0) bound.patterns.set(pattern, count)
      else await this.#unsubscribe(bound, pattern)
    }
    if (bound.patterns.size === 0) this.#queues.delete(queue)
  }

  async delete(queue: string): Promise<void> {
    const bound = this.#queues.get(queue)
    this.#queues.delete(queue)
    for (const pattern of [...(bound?.patterns.keys() ?? [])]) await this.#unsubscribe(bound, pattern)
  }

  has(queue: string): boolean {
    return this.#queues.has(queue)
  }

  isReady(queue: string): boolean {
    return (this.#queues.get(queue)?.ready.size ?? 0) > 0
  }

  claim(queue: string, limit: number): Claim[] {
    const messages = this.#queues.get(queue)?.ready.take(limit) ?? []
    return messages.map((message) => {
      const tag = `${this.#id}.${message.position}`
      this.#unacked.set(tag, { ...message, queue })
      return { tag, queue, envelope: message.envelope, redelivered: message.redelivered }
    })
  }

  /** Tags of others are ignored. */
  settle(tags: readonly string[], outcome: 'ack' | 'requeue'): void {
    for (const tag of tags) {
      const message = this.#unacked.get(tag)
      this.#unacked.delete(tag)
      if (!message || outcome === 'ack') continue
      this.#queues.get(message.queue)?.ready.insert({ ...message, redelivered: true })
      this.#onArrival(message.queue)
    }
  }

  /** Includes what was published before the call: what is on its way arrives before the answer to a ping. */
  async size(queue: string): Promise<number> {
    const bound = this.#queues.get(queue)
    if (!bound) return 0
    await (await this.#subscriber()).ping()
    return bound.ready.size
  }

  purge(queue: string): number {
    return this.#queues.get(queue)?.ready.clear() ?? 0
  }

  #listener(pattern: string): (text: string) => void {
    const listener = this.#listeners.get(pattern) ?? ((text: string) => this.#arrived(pattern, text))
    this.#listeners.set(pattern, listener)
    return listener
  }

  async #unsubscribe(bound: FanoutQueue | undefined, pattern: string): Promise<void> {
    bound?.patterns.delete(pattern)
    if ([...this.#queues.values()].some(({ patterns }) => patterns.has(pattern))) return
    this.#listeners.delete(pattern)
    await (await this.#subscriber()).pUnsubscribe(pattern)
  }

  #arrived(pattern: string, envelope: string): void {
    for (const [queue, bound] of this.#queues) {
      // Redis says it once for each pattern that fits, one right after the other.
      if (!bound.patterns.has(pattern)) continue
      if (bound.last?.envelope === envelope && bound.last.pattern !== pattern) continue
      bound.last = { envelope, pattern }
      this.#put(bound, envelope)
      this.#onArrival(queue)
    }
  }

  #put({ ready, declaration }: FanoutQueue, envelope: string): void {
    const ttl = declaration.arguments?.['x-message-ttl']
    const maxLength = declaration.arguments?.['x-max-length']
    this.#lastPosition += 1
    ready.insert({
      position: this.#lastPosition,
      envelope,
      priority: 0,
      expiresAt: typeof ttl === 'number' ? Date.now() + ttl : undefined,
      redelivered: false,
    })
    if (this.#lastPosition % 100 === 0 || typeof maxLength === 'number') {
      const excess = ready.size - (typeof maxLength === 'number' ? maxLength : LONGEST_QUEUE)
      if (excess > 0) ready.take(excess)
    }
  }
}

function newQueue(declaration: QueueDeclaration): FanoutQueue {
  return { ready: new ReadyList(), declaration, patterns: new Map(), last: undefined }
}
