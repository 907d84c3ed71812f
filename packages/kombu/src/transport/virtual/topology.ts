import { isDeepStrictEqual } from 'node:util'
import { ChannelError } from '../../exceptions.ts'
import { uuid } from '../../uuid.ts'
import type { ExchangeDeclaration, QueueDeclaration, QueueStatus } from '../base.ts'
import { QueueExpiry } from './queue-expiry.ts'
import { IMPLICIT_QUEUE, lookUpQueue } from './queue-lookup.ts'
import type { Binding, Store } from './store.ts'

/**
 * What exists and who may use it, for all channels of a connection: AMQP's rules for declaring, binding and
 * deleting, with RabbitMQ's reply codes (404 missing, 405 somebody else's exclusive queue, 406 other settings).
 */
export class Topology {
  readonly #store: Store
  readonly #expiry: QueueExpiry
  /** The exclusive queues of this connection. */
  readonly #exclusive = new Set<string>()
  /** Queue to the exchanges this connection bound it to: an auto-delete exchange goes with its last queue. */
  readonly #boundTo = new Map<string, Set<string>>()

  constructor(store: Store, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#expiry = new QueueExpiry((queue) => this.#deleteExpired(queue), onFailure)
  }

  async declareExchange(name: string, declaration: ExchangeDeclaration): Promise<void> {
    const stored = await this.#store.getExchange(name)
    if (declaration.passive) {
      if (!stored) throw missing('exchange', name)
      return
    }
    if (name === '') throw new ChannelError('the default exchange exists and cannot be declared', 403)
    if (stored && !stored.isInferred)
      return assertSame('exchange', name, exchangeSettings(stored.declaration), exchangeSettings(declaration))
    await this.#store.putExchange(name, { type: declaration.type, declaration })
  }

  async deleteExchange(name: string, ifUnused = false): Promise<void> {
    if (name === '') throw new ChannelError('the default exchange cannot be deleted', 403)
    if (ifUnused && (await this.#store.bindings(name)).length > 0)
      throw inUse('exchange', name, 'it has bindings')
    await this.#store.deleteExchange(name)
  }

  async bind(exchange: string, binding: Binding): Promise<void> {
    await this.#assertBindable(exchange, binding)
    await this.#store.bind(exchange, binding)
    if (binding.destinationType === 'exchange') return
    const exchanges = this.#boundTo.get(binding.destination) ?? new Set()
    this.#boundTo.set(binding.destination, exchanges.add(exchange))
  }

  async unbind(exchange: string, binding: Binding): Promise<void> {
    await this.#assertBindable(exchange, binding)
    await this.#store.unbind(exchange, binding)
    await this.#deleteUnbound(exchange)
  }

  /** @throws ChannelError when there is no such exchange */
  async bindings(exchange: string): Promise<readonly Binding[]> {
    if (!(await this.#store.getExchange(exchange))) throw missing('exchange', exchange)
    return this.#store.bindings(exchange)
  }

  async declareQueue(name: string, declaration: QueueDeclaration): Promise<QueueStatus> {
    const queue = name === '' ? `amq.gen-${uuid()}` : name
    const stored = await this.#store.getQueue(queue)
    if (stored && stored !== IMPLICIT_QUEUE) {
      this.#assertOurs(queue, stored)
      if (!declaration.passive) assertSame('queue', queue, queueSettings(stored), queueSettings(declaration))
    } else if (declaration.passive) {
      if (!stored && !(await this.#isFilled(queue))) throw missing('queue', queue)
    } else {
      const isNew = await this.#store.putQueue(queue, declaration)
      if (!isNew) return this.declareQueue(queue, declaration)
      if (declaration.exclusive) this.#exclusive.add(queue)
    }
    await this.#touch(queue, stored ?? declaration)
    const messageCount = await this.#store.size(queue)
    return { queue, messageCount, consumerCount: await this.#store.consumerCount(queue) }
  }

  async purgeQueue(queue: string): Promise<number> {
    await this.useQueue(queue)
    return this.#store.purge(queue)
  }

  async deleteQueue(queue: string, options: { ifUnused?: boolean; ifEmpty?: boolean } = {}): Promise<number> {
    const stored = await lookUpQueue(this.#store, queue)
    if (!stored) return 0
    this.#assertOurs(queue, stored)
    if (options.ifUnused && (await this.#store.consumerCount(queue)) > 0)
      throw inUse('queue', queue, 'it has consumers')
    if (options.ifEmpty && (await this.#store.size(queue)) > 0) throw inUse('queue', queue, 'it has messages')
    return this.#forget(queue)
  }

  /** The queue is there and this connection may use it; its `x-expires` starts anew. */
  async useQueue(queue: string): Promise<QueueDeclaration> {
    const stored = await lookUpQueue(this.#store, queue)
    if (!stored) throw missing('queue', queue)
    this.#assertOurs(queue, stored)
    await this.#touch(queue, stored)
    return stored
  }

  async addConsumer(queue: string, consumerTag: string, exclusive: boolean): Promise<QueueDeclaration> {
    const declaration = await this.useQueue(queue)
    if (exclusive && (await this.#store.consumerCount(queue)) > 0) {
      throw new ChannelError(
        `queue ${JSON.stringify(queue)} has consumers; an exclusive one must be the only one`,
        403,
      )
    }
    await this.#store.addConsumer(queue, consumerTag)
    return declaration
  }

  async removeConsumer(queue: string, consumerTag: string): Promise<void> {
    await this.#store.removeConsumer(queue, consumerTag)
    const stored = await this.#store.getQueue(queue)
    if (!stored) return
    await this.#touch(queue, stored)
    if (stored.autoDelete) await this.#deleteUnused(queue)
  }

  close(): void {
    this.#expiry.close()
  }

  async #touch(queue: string, { arguments: args }: QueueDeclaration): Promise<void> {
    if (!this.#store.usage || args?.['x-expires'] === undefined) return
    await this.#store.usage.touch(queue)
    this.#expiry.touch(queue, args)
  }

  async #deleteExpired(queue: string): Promise<boolean> {
    if (!(await this.#store.usage?.isOver(queue))) return false
    await this.#forget(queue)
    return true
  }

  async #isFilled(queue: string): Promise<boolean> {
    return this.#store.implicitQueues === true && (await this.#store.size(queue)) > 0
  }

  async #deleteUnused(queue: string): Promise<void> {
    if ((await this.#store.consumerCount(queue)) === 0) await this.#forget(queue)
  }

  async #forget(queue: string): Promise<number> {
    this.#expiry.forget(queue)
    this.#exclusive.delete(queue)
    const exchanges = this.#boundTo.get(queue) ?? []
    this.#boundTo.delete(queue)
    const count = await this.#store.deleteQueue(queue)
    for (const exchange of exchanges) await this.#deleteUnbound(exchange)
    return count
  }

  async #deleteUnbound(exchange: string): Promise<void> {
    const stored = await this.#store.getExchange(exchange)
    if (!stored?.declaration.autoDelete) return
    if ((await this.#store.bindings(exchange)).length === 0) await this.#store.deleteExchange(exchange)
  }

  async #assertBindable(exchange: string, { destination, destinationType }: Binding): Promise<void> {
    if (exchange === '') throw new ChannelError('nothing can be bound to the default exchange', 403)
    if (!(await this.#store.getExchange(exchange))) throw missing('exchange', exchange)
    if (destinationType === 'queue') await this.useQueue(destination)
    else if (!(await this.#store.getExchange(destination))) throw missing('exchange', destination)
  }

  #assertOurs(queue: string, declaration: QueueDeclaration): void {
    if (!declaration.exclusive || this.#exclusive.has(queue)) return
    throw new ChannelError(`queue ${JSON.stringify(queue)} is exclusive to another connection`, 405)
  }
}

function exchangeSettings({ type, durable, autoDelete, internal, arguments: args }: ExchangeDeclaration) {
  return { type, durable: !!durable, autoDelete: !!autoDelete, internal: !!internal, arguments: args ?? {} }
}

function queueSettings({ durable, exclusive, autoDelete, arguments: args }: QueueDeclaration) {
  return { durable: !!durable, exclusive: !!exclusive, autoDelete: !!autoDelete, arguments: args ?? {} }
}

function assertSame(
  kind: string,
  name: string,
  existing: Record<string, unknown>,
  asked: Record<string, unknown>,
): void {
  const differing = Object.keys(existing).find(
    (setting) => !isDeepStrictEqual(existing[setting], asked[setting]),
  )
  if (differing === undefined) return
  throw new ChannelError(
    `${kind} ${JSON.stringify(name)} exists with ${differing} ${JSON.stringify(existing[differing])}, not ` +
      `${JSON.stringify(asked[differing])}; declare it the same way, declare it passively, or delete it first`,
    406,
  )
}

function missing(kind: string, name: string): ChannelError {
  return new ChannelError(`no ${kind} ${JSON.stringify(name)}; declare it first`, 404)
}

function inUse(kind: string, name: string, why: string): ChannelError {
  return new ChannelError(`${kind} ${JSON.stringify(name)} is not deleted: ${why}`, 406)
}
