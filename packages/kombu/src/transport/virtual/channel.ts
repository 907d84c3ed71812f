import { ChannelError, KombuError, OperationalError } from '../../exceptions.ts'
import { uuid } from '../../uuid.ts'
import type {
  Channel,
  ConsumeOptions,
  Delivery,
  ExchangeDeclaration,
  Payload,
  PublishOptions,
  QueueDeclaration,
  QueueStatus,
} from '../base.ts'
import type { VirtualConnection } from './connection.ts'
import { deadLetterTarget } from './death.ts'
import { DeliveryLoop, type Subscription } from './delivery-loop.ts'
import { readEnvelope } from './envelope.ts'
import { PrefetchWindow, type Unsettled, UnsettledLedger } from './qos.ts'
import type { Binding, Claim } from './store.ts'

interface ActiveConsumer extends Subscription {
  /** The store's name for it: consumer tags are unique on their channel only. */
  readonly storeTag: string
  /** What it rejects goes to a dead letter exchange. */
  hasDeadLetters: boolean
}

/**
 * AMQP's channel over a store: consumers with their prefetch windows, and the ledger of what was delivered and
 * not settled. A refusal (ChannelError) closes it, as a broker would; whatever closes it, unsettled messages go
 * back to their queues.
 */
export class VirtualChannel implements Channel {
  readonly closed: Promise<ChannelError | OperationalError | undefined>
  readonly #id = uuid()
  readonly #connection: VirtualConnection
  readonly #resolveClosed: (reason: ChannelError | OperationalError | undefined) => void
  readonly #consumers = new Map<string, ActiveConsumer>()
  readonly #ledger = new UnsettledLedger()
  readonly #window = new PrefetchWindow(0)
  readonly #loop: DeliveryLoop
  #consumerPrefetch = 0
  #isOpen = true
  #reason: ChannelError | OperationalError | undefined
  #closing: Promise<void> | undefined

  constructor(connection: VirtualConnection) {
    const { promise, resolve } = Promise.withResolvers<ChannelError | OperationalError | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.#connection = connection
    this.#loop = new DeliveryLoop(connection.store, this.#window, (error) => connection.lose(error))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  exchangeDeclare(exchange: string, declaration: ExchangeDeclaration): Promise<void> {
    return this.#call(() => this.#connection.topology.declareExchange(exchange, declaration))
  }

  exchangeDelete(exchange: string, options: { ifUnused?: boolean } = {}): Promise<void> {
    return this.#call(() => this.#connection.topology.deleteExchange(exchange, options.ifUnused))
  }

  exchangeBind(destination: string, source: string, routingKey: string): Promise<void> {
    return this.#bind(source, { destination, destinationType: 'exchange', routingKey })
  }

  exchangeUnbind(destination: string, source: string, routingKey: string): Promise<void> {
    return this.#unbind(source, { destination, destinationType: 'exchange', routingKey })
  }

  queueDeclare(queue: string, declaration: QueueDeclaration): Promise<QueueStatus> {
    return this.#call(() => this.#connection.topology.declareQueue(queue, declaration))
  }

  bindings(exchange: string): Promise<readonly Binding[]> {
    return this.#call(() => this.#connection.topology.bindings(exchange))
  }

  queueBind(queue: string, exchange: string, routingKey: string): Promise<void> {
    return this.#bind(exchange, { destination: queue, destinationType: 'queue', routingKey })
  }

  queueUnbind(queue: string, exchange: string, routingKey: string): Promise<void> {
    return this.#unbind(exchange, { destination: queue, destinationType: 'queue', routingKey })
  }

  queuePurge(queue: string): Promise<number> {
    return this.#call(() => this.#connection.topology.purgeQueue(queue))
  }

  queueDelete(queue: string, options: { ifUnused?: boolean; ifEmpty?: boolean } = {}): Promise<number> {
    return this.#call(() => this.#connection.topology.deleteQueue(queue, options))
  }

  basicPublish(payload: Payload, options: PublishOptions): Promise<void> {
    return this.#call(() => this.#connection.publisher.publish(payload, options))
  }

  async basicQos(prefetchCount: number, options: { global?: boolean } = {}): Promise<void> {
    this.#assertOpen()
    if (options.global) this.#window.limit = prefetchCount
    else this.#consumerPrefetch = prefetchCount
    this.#loop.wake()
  }

  async flow(active: boolean): Promise<void> {
    this.#assertOpen()
    this.#window.isOpen = active
    this.#loop.wake()
  }

  basicConsume(queue: string, options: ConsumeOptions): Promise<string> {
    return this.#call(async () => {
      const consumerTag = options.consumerTag ?? `amq.ctag-${uuid()}`
      if (this.#consumers.has(consumerTag)) {
        throw new ChannelError(`consumer tag ${JSON.stringify(consumerTag)} is in use on this channel`, 530)
      }
      const consumer = this.#consumer(queue, consumerTag, options)
      this.#consumers.set(consumerTag, consumer)
      try {
        const { topology } = this.#connection
        const declaration = await topology.addConsumer(queue, consumer.storeTag, options.exclusive === true)
        consumer.hasDeadLetters = deadLetterTarget(declaration) !== undefined
      } catch (error) {
        this.#consumers.delete(consumerTag)
        throw error
      }
      if (!this.#isOpen) {
        await this.#connection.topology.removeConsumer(queue, consumer.storeTag)
        throw this.#closedError()
      }
      this.#loop.add(consumer)
      return consumerTag
    })
  }

  basicCancel(consumerTag: string): Promise<void> {
    return this.#call(async () => {
      const consumer = this.#consumers.get(consumerTag)
      if (!consumer) return
      this.#consumers.delete(consumerTag)
      this.#loop.remove(consumer)
      await this.#connection.topology.removeConsumer(consumer.queue, consumer.storeTag)
    })
  }

  basicGet(queue: string, options: { noAck?: boolean } = {}): Promise<Delivery | undefined> {
    return this.#call(async () => {
      const declaration = await this.#connection.topology.useQueue(queue)
      const [claim] = await this.#connection.store.claim([queue], 1)
      if (!claim) return undefined
      if (options.noAck) await this.#connection.store.settle([claim.tag], 'ack')
      const deliveryTag = options.noAck
        ? this.#ledger.skip()
        : this.#ledger.add({
            storeTag: claim.tag,
            windows: [],
            claim: deadLetterTarget(declaration) && claim,
          })
      return delivery(claim, deliveryTag, undefined)
    })
  }

  basicAck(deliveryTag: string, options: { multiple?: boolean } = {}): Promise<void> {
    return this.#call(() => this.#settle(this.#ledger.remove(deliveryTag, options.multiple), 'ack'))
  }

  basicReject(deliveryTag: string, options: { requeue?: boolean } = {}): Promise<void> {
    return this.#call(() => {
      const entries = this.#ledger.remove(deliveryTag)
      return options.requeue ? this.#settle(entries, 'requeue') : this.#bury(entries)
    })
  }

  basicRecover(): Promise<void> {
    return this.#call(() => this.#settle(this.#ledger.removeAll(), 'requeue'))
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close(undefined)
    await this.#closing
  }

  /** The connection is gone, and the store puts back what was held. */
  lose(reason: OperationalError): void {
    this.#end(reason)
    this.#closing ??= Promise.resolve()
    this.#resolveClosed(reason)
  }

  #consumer(queue: string, consumerTag: string, options: ConsumeOptions): ActiveConsumer {
    const noAck = options.noAck === true
    const window = new PrefetchWindow(this.#consumerPrefetch)
    const windows = [window, this.#window]
    const consumer: ActiveConsumer = {
      hasDeadLetters: false,
      queue,
      noAck,
      window,
      storeTag: `${this.#id}.${consumerTag}`,
      deliver: (claim) => {
        const rejectable = consumer.hasDeadLetters ? claim : undefined
        const deliveryTag = noAck
          ? this.#ledger.skip()
          : this.#ledger.add({ storeTag: claim.tag, windows, claim: rejectable })
        options.onDelivery(delivery(claim, deliveryTag, consumerTag))
      },
      onQueueGone: () => {
        this.#consumers.delete(consumerTag)
        options.onCancel?.()
      },
    }
    return consumer
  }

  #bind(exchange: string, binding: Binding): Promise<void> {
    return this.#call(() => this.#connection.topology.bind(exchange, binding))
  }

  #unbind(exchange: string, binding: Binding): Promise<void> {
    return this.#call(() => this.#connection.topology.unbind(exchange, binding))
  }

  /** Rejected: to the dead letter exchange of their queue, where it has one. */
  async #bury(entries: readonly Unsettled[]): Promise<void> {
    const claims = entries.flatMap(({ claim }) => claim ?? [])
    if (claims.length > 0) await this.#connection.deadLettering.bury(claims, 'rejected')
    // Of those that were buried the store knows nothing any more.
    await this.#settle(entries, 'ack')
  }

  async #settle(entries: readonly Unsettled[], outcome: 'ack' | 'requeue'): Promise<void> {
    const settled = entries.map(({ storeTag, windows }) => {
      for (const window of windows) window.settle()
      const isUrgent =
        outcome === 'requeue' || windows.length === 0 || !windows.every(({ isAmple }) => isAmple)
      return this.#connection.settle(
        { tag: storeTag, outcome, makeRoom: () => this.#makeRoom(windows) },
        isUrgent,
      )
    })
    await Promise.all(settled)
  }

  #makeRoom(windows: readonly PrefetchWindow[]): void {
    for (const window of windows) window.release()
    this.#loop.roomMade()
  }

  /** Every call goes through here: what a failure means for the channel is decided in one place. */
  async #call<T>(operation: () => Promise<T>): Promise<T> {
    this.#assertOpen()
    try {
      return await operation()
    } catch (error) {
      if (!this.#isOpen && error instanceof KombuError) throw error
      if (!isRefusal(error)) throw this.#connection.lose(error)
      if (error instanceof ChannelError) {
        this.#closing ??= this.#close(error)
        await this.#closing
      }
      throw error
    }
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw this.#closedError()
  }

  #closedError(): Error {
    return this.#reason ?? new OperationalError('the channel is closed; open a new one')
  }

  #end(reason: ChannelError | OperationalError | undefined): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#reason = reason
    this.#connection.forget(this)
    this.#loop.stop().catch((error: unknown) => this.#connection.lose(error))
  }

  async #close(reason: ChannelError | undefined): Promise<void> {
    this.#end(reason)
    const { store, topology } = this.#connection
    try {
      await this.#loop.stop()
      await this.#connection.idle()
      const held = this.#ledger.removeAll().map(({ storeTag }) => storeTag)
      if (held.length > 0) await store.settle(held, 'requeue')
      for (const { queue, storeTag } of this.#consumers.values())
        await topology.removeConsumer(queue, storeTag)
    } catch (error) {
      this.#connection.lose(error)
    } finally {
      this.#resolveClosed(reason)
    }
  }
}

function delivery(claim: Claim, deliveryTag: string, consumerTag: string | undefined): Delivery {
  return {
    ...readEnvelope(claim.envelope, claim.parsed),
    queue: claim.queue,
    redelivered: claim.redelivered,
    deliveryTag,
    consumerTag,
  }
}

/** Whether an error is this package's answer to a call, and not a failure of the store. */
function isRefusal(error: unknown): boolean {
  return error instanceof KombuError && !(error instanceof OperationalError)
}
