import { ChannelError } from '../../exceptions.ts'
import type { QueueDeclaration } from '../base.ts'
import { IMPLICIT_QUEUE } from '../virtual/queue-lookup.ts'
import type { Binding, StoredExchange } from '../virtual/store.ts'
import type { RedisBroker } from './broker.ts'
import type { Declarations } from './declarations.ts'
import type { FanoutQueues } from './fanout.ts'

/**
 * The table of names. Redis keeps the bindings; what exchanges and queues are, this process remembers. A queue bound
 * to a fanout exchange is in the bindings as well, as Kombu has it, and gets its messages by subscription.
 */
export class Names {
  readonly #broker: RedisBroker
  readonly #declarations: Declarations
  readonly #fanout: FanoutQueues

  constructor(broker: RedisBroker, declarations: Declarations, fanout: FanoutQueues) {
    this.#broker = broker
    this.#declarations = declarations
    this.#fanout = fanout
  }

  async exchange(name: string): Promise<StoredExchange | undefined> {
    const declared = this.#declarations.exchanges.get(name)
    if (declared || name === '') return declared
    const type = await this.#broker.bindings.typeOf(name)
    return type && { type, declaration: { type }, isInferred: true }
  }

  putExchange(name: string, exchange: StoredExchange): void {
    this.#declarations.exchanges.set(name, exchange)
  }

  async deleteExchange(name: string): Promise<void> {
    this.#declarations.exchanges.delete(name)
    await this.#broker.bindings.removeAll(name)
  }

  queue(name: string): QueueDeclaration | undefined {
    const { queues, consumers } = this.#declarations
    return queues.get(name) ?? (consumers.has(name) ? IMPLICIT_QUEUE : undefined)
  }

  putQueue(name: string, declaration: QueueDeclaration): void {
    this.#declarations.queues.set(name, declaration)
  }

  async deleteQueue(name: string): Promise<void> {
    const { bindings } = this.#broker
    for (const exchange of this.#declarations.forgetQueue(name)) await bindings.remove(exchange, name)
    await this.#fanout.delete(name)
  }

  async bind(exchange: string, { destination, destinationType, routingKey }: Binding): Promise<void> {
    if (destinationType === 'exchange') throw noExchangeBindings(exchange)
    const type = (await this.exchange(exchange))?.type ?? 'direct'
    this.#declarations.bound(destination, exchange)
    await this.#broker.bindings.add(exchange, type, destination, routingKey)
    if (type !== 'fanout') return
    await this.#fanout.bind(destination, this.queue(destination) ?? IMPLICIT_QUEUE, exchange, routingKey)
  }

  async unbind(exchange: string, { destination, destinationType, routingKey }: Binding): Promise<void> {
    if (destinationType === 'exchange') throw noExchangeBindings(exchange)
    await this.#broker.bindings.remove(exchange, destination, routingKey)
    await this.#fanout.unbind(destination, exchange, routingKey)
  }

  async bindings(exchange: string): Promise<readonly Binding[]> {
    const members = await this.#broker.bindings.of(exchange)
    return members.map(({ queue, routingKey }) => ({
      destination: queue,
      destinationType: 'queue',
      routingKey,
    }))
  }
}

function noExchangeBindings(exchange: string): ChannelError {
  return new ChannelError(
    `on Redis nothing but queues can be bound to exchange ${JSON.stringify(exchange)}: Kombu’s layout has no place ` +
      'for more; bind the queues themselves',
    540,
  )
}
