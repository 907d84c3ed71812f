/**
 * `memory://name`: a broker inside this process, one per name; connections to the same name meet there. The
 * reference driver of `virtual/` and the broker of fast tests. Nothing survives the process.
 */
import { OperationalError } from '../exceptions.ts'
import type { QueueDeclaration } from './base.ts'
import { deadLetterTarget } from './virtual/death.ts'
import { ReadyList, type ReadyMessage } from './virtual/ready-list.ts'
import type {
  Binding,
  Claim,
  Expiry,
  QueueUsage,
  Store,
  StoredExchange,
  StoredMessage,
} from './virtual/store.ts'
import { VirtualTransport } from './virtual/transport.ts'

interface MemoryQueue {
  /** Milliseconds since the epoch. */
  usedAt: number
  readonly declaration: QueueDeclaration
  readonly ready: ReadyList
  readonly consumers: Set<string>
}

interface MemoryBroker {
  readonly exchanges: Map<string, StoredExchange>
  readonly bindings: Map<string, readonly Binding[]>
  readonly queues: Map<string, MemoryQueue>
  /** Who waits on a queue, whether it exists or not. */
  readonly waiting: Map<string, Set<() => void>>
}

const brokers = new Map<string, MemoryBroker>()
let lastPosition = 0

export const transport = new VirtualTransport({
  driverType: 'memory',
  driverName: 'memory',
  implements: { shared: false },
  open: async (url) => new MemoryStore(brokerNamed(`${url.host ?? ''}${url.path}`)),
})

function brokerNamed(name: string): MemoryBroker {
  let broker = brokers.get(name)
  if (!broker) {
    broker = { exchanges: new Map(), bindings: new Map(), queues: new Map(), waiting: new Map() }
    brokers.set(name, broker)
  }
  return broker
}

/** One connection's view of a broker, and what that connection holds. */
class MemoryStore implements Store {
  readonly expiry: Expiry = {
    take: (limit) => this.#takeExpired(limit),
    next: () => this.#nextExpiry(),
  }
  readonly usage: QueueUsage = {
    touch: async (name) => {
      const queue = this.#broker.queues.get(name)
      if (queue) queue.usedAt = Date.now()
    },
    isOver: async (name) => {
      const queue = this.#broker.queues.get(name)
      const expiresMs = Number(queue?.declaration.arguments?.['x-expires'])
      return !queue || (queue.consumers.size === 0 && queue.usedAt + expiresMs <= Date.now())
    },
  }
  readonly #broker: MemoryBroker
  readonly #unacked = new Map<string, ReadyMessage & { readonly queue: string }>()
  readonly #exclusive = new Set<string>()
  readonly #consumers = new Map<string, string>()
  #isOpen = true

  constructor(broker: MemoryBroker) {
    this.#broker = broker
  }

  async getExchange(name: string): Promise<StoredExchange | undefined> {
    return this.#broker.exchanges.get(name)
  }

  async putExchange(name: string, exchange: StoredExchange): Promise<void> {
    this.#broker.exchanges.set(name, exchange)
  }

  async deleteExchange(name: string): Promise<void> {
    this.#broker.exchanges.delete(name)
    this.#broker.bindings.delete(name)
    this.#dropBindingsTo('exchange', name)
  }

  async getQueue(name: string): Promise<QueueDeclaration | undefined> {
    return this.#broker.queues.get(name)?.declaration
  }

  async putQueue(name: string, declaration: QueueDeclaration): Promise<boolean> {
    if (this.#broker.queues.has(name)) return false
    if (declaration.exclusive) this.#exclusive.add(name)
    const ready = new ReadyList(deadLetterTarget(declaration) !== undefined)
    this.#broker.queues.set(name, { declaration, ready, consumers: new Set(), usedAt: Date.now() })
    return true
  }

  async deleteQueue(name: string): Promise<number> {
    const size = this.#broker.queues.get(name)?.ready.size ?? 0
    this.#broker.queues.delete(name)
    this.#exclusive.delete(name)
    this.#dropBindingsTo('queue', name)
    this.#wake(name)
    return size
  }

  async bind(exchange: string, binding: Binding): Promise<void> {
    const bindings = this.#broker.bindings.get(exchange) ?? []
    if (!bindings.some((other) => isSame(other, binding))) {
      this.#broker.bindings.set(exchange, [...bindings, binding])
    }
  }

  async unbind(exchange: string, binding: Binding): Promise<void> {
    const bindings = this.#broker.bindings.get(exchange) ?? []
    this.#broker.bindings.set(
      exchange,
      bindings.filter((other) => !isSame(other, binding)),
    )
  }

  async bindings(exchange: string): Promise<readonly Binding[]> {
    return this.#broker.bindings.get(exchange) ?? []
  }

  async put(messages: readonly StoredMessage[]): Promise<void> {
    this.#assertOpen()
    for (const message of messages) {
      lastPosition += 1
      const { envelope, priority, expiresAt } = message
      const ready = this.#broker.queues.get(message.queue)?.ready
      ready?.insert({ position: lastPosition, envelope, priority, expiresAt, redelivered: false })
    }
    for (const queue of new Set(messages.map((message) => message.queue))) this.#wake(queue)
  }

  async claim(queues: readonly string[], limit: number): Promise<readonly Claim[]> {
    this.#assertOpen()
    const claims: Claim[] = []
    for (const queue of queues) {
      for (const message of this.#broker.queues.get(queue)?.ready.take(limit - claims.length) ?? [])
        claims.push(this.#held(message, queue))
    }
    return claims
  }

  async settle(tags: readonly string[], outcome: 'ack' | 'requeue'): Promise<void> {
    this.#assertOpen()
    for (const tag of tags) {
      const message = this.#unacked.get(tag)
      this.#unacked.delete(tag)
      if (!message || outcome === 'ack') continue
      this.#broker.queues.get(message.queue)?.ready.insert({ ...message, redelivered: true })
      this.#wake(message.queue)
    }
  }

  async size(queue: string): Promise<number> {
    return this.#broker.queues.get(queue)?.ready.size ?? 0
  }

  async purge(queue: string): Promise<number> {
    return this.#broker.queues.get(queue)?.ready.clear() ?? 0
  }

  async wait(queues: readonly string[], signal: AbortSignal): Promise<void> {
    if (signal.aborted || queues.some((queue) => this.#broker.queues.get(queue)?.ready.size)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const { waiting } = this.#broker
    for (const queue of queues) waiting.set(queue, (waiting.get(queue) ?? new Set()).add(resolve))
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    for (const queue of queues) {
      waiting.get(queue)?.delete(resolve)
      if (waiting.get(queue)?.size === 0) waiting.delete(queue)
    }
  }

  async addConsumer(queue: string, consumerTag: string): Promise<void> {
    this.#broker.queues.get(queue)?.consumers.add(consumerTag)
    this.#consumers.set(consumerTag, queue)
  }

  async removeConsumer(queue: string, consumerTag: string): Promise<void> {
    this.#broker.queues.get(queue)?.consumers.delete(consumerTag)
    this.#consumers.delete(consumerTag)
  }

  async consumerCount(queue: string): Promise<number> {
    return this.#broker.queues.get(queue)?.consumers.size ?? 0
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    await this.settle([...this.#unacked.keys()], 'requeue')
    for (const [consumerTag, queue] of this.#consumers) await this.removeConsumer(queue, consumerTag)
    for (const queue of this.#exclusive) await this.deleteQueue(queue)
    this.#isOpen = false
  }

  #held(message: ReadyMessage, queue: string): Claim {
    const position = String(message.position)
    const tag = this.#unacked.has(position) ? `${position}.${queue}` : position
    this.#unacked.set(tag, { ...message, queue })
    return { tag, queue, envelope: message.envelope, redelivered: message.redelivered }
  }

  async #takeExpired(limit: number): Promise<readonly Claim[]> {
    const claims: Claim[] = []
    for (const [name, { declaration, ready }] of this.#broker.queues) {
      if (!deadLetterTarget(declaration)) continue
      for (const message of ready.takeExpired(limit - claims.length)) claims.push(this.#held(message, name))
    }
    return claims
  }

  async #nextExpiry(): Promise<number | undefined> {
    const queues = [...this.#broker.queues.values()].filter(({ declaration }) =>
      deadLetterTarget(declaration),
    )
    const soonest = Math.min(...queues.map(({ ready }) => ready.soonestExpiry), Number.POSITIVE_INFINITY)
    return soonest === Number.POSITIVE_INFINITY ? undefined : soonest
  }

  #wake(queue: string): void {
    for (const resolve of this.#broker.waiting.get(queue) ?? []) resolve()
  }

  #dropBindingsTo(destinationType: Binding['destinationType'], destination: string): void {
    for (const [exchange, bindings] of this.#broker.bindings) {
      const kept = bindings.filter(
        (binding) => binding.destinationType !== destinationType || binding.destination !== destination,
      )
      if (kept.length < bindings.length) this.#broker.bindings.set(exchange, kept)
    }
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new OperationalError('this connection to the memory broker is closed')
  }
}

function isSame(a: Binding, b: Binding): boolean {
  return (
    a.destination === b.destination &&
    a.destinationType === b.destinationType &&
    a.routingKey === b.routingKey
  )
}
