import { ErrorReply } from '@redis/client'
import { OperationalError } from '../../exceptions.ts'
import type { QueueDeclaration } from '../base.ts'
import type {
  Binding,
  Claim,
  Envelope,
  QueueOrder,
  Store,
  StoredExchange,
  StoredMessage,
} from '../virtual/store.ts'
import type { RedisAddress } from './address.ts'
import { Arrivals, type Subscriber } from './arrivals.ts'
import { Bindings } from './bindings.ts'
import type { RedisBroker } from './broker.ts'
import { RedisConnection, type RedisConnectionOptions } from './connection.ts'
import { Declarations } from './declarations.ts'
import { type Estate, settleEstate } from './estate.ts'
import { FanoutQueues } from './fanout.ts'
import { Keys } from './keys.ts'
import { Ledger } from './ledger.ts'
import { Names } from './names.ts'
import type { RedisOptions } from './options.ts'
import { Presence } from './presence.ts'
import { sweep } from './restore.ts'
import { Upkeep } from './upkeep.ts'

export interface RedisPlace {
  /** The same for all connections of this process that meet there, whichever server that is at the moment. */
  readonly name: string
  readonly address: RedisAddress
  readonly connection: RedisConnectionOptions
  readonly options: RedisOptions
}

/**
 * Kombu's layout in Redis, shared with Python's workers, for one connection: one socket for commands, and when it
 * consumes a second one to hear on. Losing either is losing both. It
 * 1. keeps queues in lists and what is held in the ledger (see Ledger for what that promises),
 * 2. keeps broadcasts in the process (see FanoutQueues),
 * 3. gives back what it held when it is closed; when its connection is lost, over a new one, or leaves that to the
 *    next connection of this process, or at the latest to whoever sweeps.
 *
 * As in Kombu, nothing expires here: `expiration` and `x-message-ttl` are for whoever receives a message, and nobody
 * knows whether a queue with `x-expires` is used. A dead letter exchange gets what a process rejects that has declared
 * the queue itself, for Redis keeps no declarations.
 */
export class RedisStore implements Store {
  readonly implicitQueues = true
  readonly queueOrder: QueueOrder
  readonly lost: Promise<Error>
  readonly #place: RedisPlace
  readonly #connection: RedisConnection
  readonly #broker: RedisBroker
  readonly #declarations: Declarations
  readonly #names: Names
  readonly #ledger: Ledger
  readonly #fanout: FanoutQueues
  readonly #arrivals: Arrivals
  readonly #presence: Presence
  readonly #upkeep: Upkeep
  readonly #resolveLost: (error: Error) => void
  readonly #exclusive = new Set<string>()
  #subscriber: Promise<Subscriber & { close(): void }> | undefined
  #closing: Promise<void> | undefined

  static async open(place: RedisPlace, signal?: AbortSignal): Promise<RedisStore> {
    const store = new RedisStore(place, await RedisConnection.open(place.address, place.connection, signal))
    try {
      await store.#adoptOrphans()
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }

  private constructor(place: RedisPlace, connection: RedisConnection) {
    const { promise, resolve } = Promise.withResolvers<Error>()
    const { options } = place
    this.lost = promise
    this.#resolveLost = resolve
    this.#place = place
    this.queueOrder = options.queueOrderStrategy
    this.#connection = connection
    connection.lost.then(resolve)
    this.#broker = brokerOf(connection, place)
    const { client, keys } = this.#broker
    const subscriber = async () => (await this.#subscribe()).client
    this.#declarations = Declarations.join(place.name)
    this.#declarations.watchers.add(this.#queueGone)
    this.#arrivals = new Arrivals(client, () => this.#subscribe(), options.pollingInterval)
    this.#fanout = new FanoutQueues(subscriber, keys, (queue) => this.#arrivals.wake(keys.lists(queue)))
    this.#names = new Names(this.#broker, this.#declarations, this.#fanout)
    this.#ledger = new Ledger(this.#broker)
    this.#presence = new Presence(client, subscriber, keys)
    const duties = { renew: () => this.#ledger.renew(), sweep: () => sweep(this.#broker, options) }
    this.#upkeep = new Upkeep(options.visibilityTimeout, duties, (error) => this.#fail(error))
  }

  getExchange(name: string): Promise<StoredExchange | undefined> {
    return this.#names.exchange(name)
  }

  async putExchange(name: string, exchange: StoredExchange): Promise<void> {
    this.#names.putExchange(name, exchange)
  }

  deleteExchange(name: string): Promise<void> {
    return this.#names.deleteExchange(name)
  }

  async getQueue(name: string): Promise<QueueDeclaration | undefined> {
    return this.#names.queue(name)
  }

  async putQueue(name: string, declaration: QueueDeclaration): Promise<boolean> {
    if (declaration.exclusive) this.#exclusive.add(name)
    this.#names.putQueue(name, declaration)
    return true
  }

  async deleteQueue(name: string): Promise<number> {
    const count = await this.purge(name)
    this.#exclusive.delete(name)
    await this.#names.deleteQueue(name)
    await this.#declarations.tellGone(name)
    return count
  }

  bind(exchange: string, binding: Binding): Promise<void> {
    return this.#names.bind(exchange, binding)
  }

  unbind(exchange: string, binding: Binding): Promise<void> {
    return this.#names.unbind(exchange, binding)
  }

  bindings(exchange: string): Promise<readonly Binding[]> {
    return this.#names.bindings(exchange)
  }

  async put(messages: readonly StoredMessage[]): Promise<void> {
    const { client, keys } = this.#broker
    const lists = new Map<string, string[]>()
    for (const { queue, priority, envelope } of messages) {
      const list = keys.listFor(queue, priority)
      const envelopes = lists.get(list)
      if (envelopes) envelopes.push(envelope)
      else lists.set(list, [envelope])
    }
    const [only] = lists
    if (only && lists.size === 1) {
      await client.lPush(...only) // one command is all or nothing by itself
      return
    }
    const transaction = client.multi()
    for (const [list, envelopes] of lists) transaction.lPush(list, envelopes)
    await transaction.exec()
  }

  publishFanout(exchange: string, routingKey: string, envelope: Envelope): Promise<number> {
    return this.#broker.client.publish(this.#broker.keys.fanoutChannel(exchange, routingKey), envelope)
  }

  async claim(queues: readonly string[], limit: number): Promise<readonly Claim[]> {
    this.#upkeep.start()
    const claims: Claim[] = []
    for (const queue of queues) {
      claims.push(...this.#fanout.claim(queue, limit - claims.length))
      if (claims.length < limit) claims.push(...(await this.#ledger.claim(queue, limit - claims.length)))
    }
    return claims
  }

  async settle(tags: readonly string[], outcome: 'ack' | 'requeue'): Promise<void> {
    this.#fanout.settle(tags, outcome)
    if (outcome === 'ack') await this.#ledger.ack(tags)
    else await this.#ledger.requeue(tags)
  }

  async size(queue: string): Promise<number> {
    const { client, keys } = this.#broker
    const lengths = await Promise.all(keys.lists(queue).map((list) => client.lLen(list)))
    return lengths.reduce((sum, length) => sum + length, await this.#fanout.size(queue))
  }

  async purge(queue: string): Promise<number> {
    const { client, keys } = this.#broker
    const lists = keys.lists(queue)
    const transaction = client.multi()
    for (const list of lists) transaction.lLen(list)
    const lengths = await transaction.del([...lists]).exec()
    const waiting = lengths.slice(0, lists.length).reduce((sum: number, length) => sum + Number(length), 0)
    return waiting + this.#fanout.purge(queue)
  }

  async wait(queues: readonly string[], signal: AbortSignal): Promise<void> {
    const lists = queues.flatMap((queue) => this.#broker.keys.lists(queue))
    await this.#arrivals.wait(lists, signal, () =>
      queues.some((queue) => this.#fanout.isReady(queue) || !this.#names.queue(queue)),
    )
  }

  async addConsumer(queue: string, consumerTag: string): Promise<void> {
    this.#declarations.consumed(queue, consumerTag)
    await this.#presence.join(queue, consumerTag)
  }

  async removeConsumer(queue: string, consumerTag: string): Promise<void> {
    this.#declarations.released(queue, [consumerTag])
    await this.#presence.leave(queue, consumerTag)
  }

  consumerCount(queue: string): Promise<number> {
    return this.#presence.count(queue)
  }

  /** Twice is fine. Never rejects: what cannot be given back now is given back later. */
  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    this.#declarations.watchers.delete(this.#queueGone)
    for (const [queue, tags] of this.#presence.consumers) this.#declarations.released(queue, tags)
    await this.#upkeep.stop()
    const estate = { tags: this.#ledger.tags, queues: [...this.#exclusive] }
    for (const tag of estate.tags) this.#declarations.orphans.add(tag)
    try {
      if (this.#connection.isOpen) await settleEstate(estate, this.#broker, this.#declarations)
      else await this.#settleAnew(estate)
    } catch (error) {
      // Redis is away. The next connection adopts the orphans; without one, whoever sweeps restores them.
      if (error instanceof TypeError) throw error
    } finally {
      this.#declarations.leave()
      this.#connection.close()
      await this.#subscriber?.then(
        (subscriber) => subscriber.close(),
        () => undefined,
      )
    }
  }

  async #settleAnew(estate: Estate): Promise<void> {
    for (const queue of estate.queues) this.#declarations.queues.delete(queue)
    if (estate.tags.length + estate.queues.length === 0) return
    const connection = await RedisConnection.open(this.#place.address, this.#place.connection)
    try {
      await settleEstate(estate, brokerOf(connection, this.#place), this.#declarations)
    } finally {
      connection.close()
    }
  }

  /** What another connection of this process could not give back when it was lost. */
  async #adoptOrphans(): Promise<void> {
    const tags = [...this.#declarations.orphans]
    try {
      await settleEstate({ tags, queues: [] }, this.#broker, this.#declarations)
    } catch (error) {
      // Theirs is no reason for this one not to work: they remain what they are.
      if (!(error instanceof ErrorReply)) throw error
    }
  }

  #subscribe(): Promise<Subscriber & { close(): void }> {
    this.#subscriber ??= this.#openSubscriber()
    return this.#subscriber
  }

  async #openSubscriber(): Promise<Subscriber & { close(): void }> {
    const { address, connection } = this.#place
    const subscriber = await RedisConnection.open(address, connection)
    if (this.#closing) {
      subscriber.close()
      throw new OperationalError(`the connection to ${address.url} is closed; open a new one`)
    }
    subscriber.lost.then(this.#resolveLost)
    const { client } = subscriber
    return { client, id: await client.clientId(), close: () => subscriber.close() }
  }

  #fail(error: unknown): void {
    this.#resolveLost(error instanceof Error ? error : new OperationalError(String(error)))
  }

  readonly #queueGone = async (queue: string): Promise<void> => {
    this.#arrivals.wake(this.#broker.keys.lists(queue))
    await Promise.all([this.#presence.leaveAll(queue), this.#ledger.forget(queue)])
  }
}

function brokerOf({ client }: RedisConnection, { address, options }: RedisPlace): RedisBroker {
  const keys = new Keys(options, address.database)
  return { client, keys, bindings: new Bindings(client, keys, options.sep) }
}
