import type { ConfirmChannel, Message } from 'amqplib'
import { ChannelError, InvalidValueError, OperationalError } from '../../exceptions.ts'
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
import type { AmqpConnection } from './connection.ts'
import { readContent } from './content.ts'
import { badValue, channelRefusal } from './failure.ts'
import { encodeTable } from './field-table.ts'
import { Publisher } from './publisher.ts'

type Arguments = Readonly<Record<string, unknown>>

/**
 * One channel of RabbitMQ, always in confirm mode. It adds to amqplib's what the contract asks for: errors that
 * say what is true now, a `closed` promise, and the queue's name in each delivery.
 */
export class AmqpChannel implements Channel {
  readonly closed: Promise<ChannelError | OperationalError | undefined>
  readonly #channel: ConfirmChannel
  readonly #connection: AmqpConnection
  readonly #publisher: Publisher
  readonly #consumers = new Set<string>()
  #isOpen = true
  #refusal: ChannelError | undefined
  #closing: Promise<void> | undefined

  constructor(channel: ConfirmChannel, connection: AmqpConnection) {
    const { promise, resolve } = Promise.withResolvers<ChannelError | OperationalError | undefined>()
    this.closed = promise
    this.#channel = channel
    this.#connection = connection
    this.#publisher = new Publisher(channel, () => (this.#isOpen ? undefined : this.#closedError()))
    channel.on('error', (error) => {
      this.#refusal ??= channelRefusal(error)
    })
    channel.on('close', () => {
      this.#isOpen = false
      // A lost connection closes its channels first and says why in the same turn of the event loop.
      queueMicrotask(() => {
        this.#publisher.fail()
        resolve(this.#reason)
      })
    })
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#connection.isOpen && !this.#closing
  }

  async exchangeDeclare(exchange: string, declaration: ExchangeDeclaration): Promise<void> {
    const { type, passive, durable = false, autoDelete = false, internal = false } = declaration
    const options = { durable, autoDelete, internal, arguments: encodeTable(declaration.arguments) }
    await this.#call(async (channel) =>
      passive ? channel.checkExchange(exchange) : channel.assertExchange(exchange, type, options),
    )
  }

  async exchangeDelete(exchange: string, options: { ifUnused?: boolean } = {}): Promise<void> {
    await this.#call((channel) => channel.deleteExchange(exchange, options))
  }

  async exchangeBind(
    destination: string,
    source: string,
    routingKey: string,
    args?: Arguments,
  ): Promise<void> {
    await this.#call((channel) => channel.bindExchange(destination, source, routingKey, encodeTable(args)))
  }

  async exchangeUnbind(
    destination: string,
    source: string,
    routingKey: string,
    args?: Arguments,
  ): Promise<void> {
    await this.#call((channel) => channel.unbindExchange(destination, source, routingKey, encodeTable(args)))
  }

  queueDeclare(queue: string, declaration: QueueDeclaration): Promise<QueueStatus> {
    const { passive, durable = false, exclusive = false, autoDelete = false } = declaration
    const options = { durable, exclusive, autoDelete, arguments: encodeTable(declaration.arguments) }
    return this.#call((channel) =>
      passive ? channel.checkQueue(queue) : channel.assertQueue(queue, options),
    )
  }

  async queueBind(queue: string, exchange: string, routingKey: string, args?: Arguments): Promise<void> {
    await this.#call((channel) => channel.bindQueue(queue, exchange, routingKey, encodeTable(args)))
  }

  async queueUnbind(queue: string, exchange: string, routingKey: string, args?: Arguments): Promise<void> {
    await this.#call((channel) => channel.unbindQueue(queue, exchange, routingKey, encodeTable(args)))
  }

  async queuePurge(queue: string): Promise<number> {
    return (await this.#call((channel) => channel.purgeQueue(queue))).messageCount
  }

  async queueDelete(queue: string, options: { ifUnused?: boolean; ifEmpty?: boolean } = {}): Promise<number> {
    return (await this.#call((channel) => channel.deleteQueue(queue, options))).messageCount
  }

  async basicPublish(payload: Payload, options: PublishOptions): Promise<void> {
    if (!this.isOpen) throw this.#closedError()
    await this.#publisher.publish(payload, options)
  }

  async basicQos(prefetchCount: number, options: { global?: boolean } = {}): Promise<void> {
    await this.#call((channel) => channel.prefetch(prefetchCount, options.global))
  }

  async flow(): Promise<void> {
    throw new ChannelError('RabbitMQ has no channel.flow; use basicQos, or cancel and consume again', 540)
  }

  async basicConsume(queue: string, options: ConsumeOptions): Promise<string> {
    const { consumerTag = '', noAck = false, exclusive = false, onDelivery, onCancel } = options
    let tag = consumerTag
    const onMessage = (message: Message | null) => {
      if (message) return onDelivery(delivery(message, queue))
      this.#consumers.delete(tag)
      onCancel?.()
    }
    const fields = { consumerTag, noAck, exclusive, arguments: encodeTable(options.arguments) }
    const reply = await this.#call((channel) => channel.consume(queue, onMessage, fields))
    tag = reply.consumerTag
    this.#consumers.add(tag)
    return tag
  }

  async basicCancel(consumerTag: string): Promise<void> {
    if (!this.#consumers.delete(consumerTag)) return
    await this.#call((channel) => channel.cancel(consumerTag))
  }

  async basicGet(queue: string, options: { noAck?: boolean } = {}): Promise<Delivery | undefined> {
    const message = await this.#call((channel) => channel.get(queue, options))
    return message ? delivery(message, queue) : undefined
  }

  async basicAck(deliveryTag: string, options: { multiple?: boolean } = {}): Promise<void> {
    this.#settle(deliveryTag, (message) => this.#channel.ack(message, options.multiple))
  }

  async basicReject(deliveryTag: string, options: { requeue?: boolean } = {}): Promise<void> {
    this.#settle(deliveryTag, (message) => this.#channel.reject(message, options.requeue ?? false))
  }

  async basicRecover(): Promise<void> {
    await this.#call((channel) => channel.recover())
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  /** What is being published is confirmed first. */
  async #close(): Promise<void> {
    if (!this.#isOpen) return
    await Promise.race([this.#publisher.idle(), this.closed])
    // Its promise stays open when the connection is lost meanwhile; `closed` settles in any case.
    if (this.#isOpen) this.#channel.close().catch(() => undefined)
    await this.closed
  }

  /** Every request to the broker goes through here, and so does what a failure of one means. */
  async #call<T>(request: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    if (!this.isOpen) throw this.#closedError()
    try {
      return await request(this.#channel)
    } catch (error) {
      throw this.#isOpen ? badValue(error) : this.#closedError()
    }
  }

  /** AMQP does not answer these: they are done when they are on their way. */
  #settle(deliveryTag: string, settle: (message: Message) => void): void {
    if (!/^\d+$/.test(deliveryTag)) {
      throw new InvalidValueError(`${JSON.stringify(deliveryTag)} is not a delivery tag of this channel`)
    }
    if (!this.isOpen) {
      const reason = this.#closedError()
      throw new OperationalError(
        `the channel of delivery ${deliveryTag} is gone, so the broker will deliver the message again: ${reason.message}`,
        { cause: reason },
      )
    }
    // amqplib wants the whole message and uses its tag.
    settle({ fields: { deliveryTag: Number(deliveryTag) } } as Message)
  }

  get #reason(): ChannelError | OperationalError | undefined {
    return this.#refusal ?? this.#connection.loss
  }

  #closedError(): Error {
    return this.#reason ?? new OperationalError('the channel was closed by its owner; open a new one')
  }
}

function delivery(message: Message, queue: string): Delivery {
  const { deliveryTag, consumerTag, exchange, routingKey, redelivered } = message.fields
  return {
    ...readContent(message),
    deliveryTag: String(deliveryTag),
    consumerTag,
    exchange,
    routingKey,
    queue,
    redelivered,
  }
}
