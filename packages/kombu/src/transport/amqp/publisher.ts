import type { ConfirmChannel } from 'amqplib'
import { OperationalError, UnroutableError } from '../../exceptions.ts'
import type { Payload, PublishOptions } from '../base.ts'
import { writeProperties } from './content.ts'
import { badValue } from './failure.ts'
import { type Returnable, Returnables, returnable } from './returnables.ts'

interface Publication extends Returnable {
  readonly payload: Payload
  readonly options: PublishOptions
  readonly settled: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Publishes on one channel, many messages at a time: each promise settles with the broker's own confirmation.
 * 1. Messages are written in the order of the calls.
 * 2. While the socket does not keep up they wait here, so that no more than amqplib's buffer is ever copied.
 * 3. A returned message is told apart from every other one in flight.
 */
export class Publisher {
  readonly #channel: ConfirmChannel
  readonly #channelError: () => Error | undefined
  readonly #waiting: Publication[] = []
  readonly #inFlight = new Set<Publication>()
  readonly #returnables = new Returnables()
  #isFull = false

  /** `channelError` says why the channel is closed, if it is. */
  constructor(channel: ConfirmChannel, channelError: () => Error | undefined) {
    this.#channel = channel
    this.#channelError = channelError
    channel.on('drain', () => {
      this.#isFull = false
      this.#write()
    })
    channel.on('return', (message) => this.#returnables.markReturned(message))
  }

  publish(payload: Payload, options: PublishOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({
      ...returnable(payload, options),
      payload,
      options,
      settled: promise,
      resolve,
      reject,
    })
    this.#write()
    return promise
  }

  /** Resolves when everything published so far is confirmed or refused. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#inFlight, ...this.#waiting].map(({ settled }) => settled))
  }

  /** The channel has ended: what was not written yet never will be. */
  fail(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure())
  }

  #write(): void {
    while (!this.#isFull) {
      const next = this.#waiting[0]
      if (!next || this.#returnables.hasTwin(next)) return
      this.#waiting.shift()
      this.#send(next)
    }
  }

  #send(publication: Publication): void {
    const { payload, options } = publication
    try {
      const properties = { ...writeProperties(payload), mandatory: options.mandatory === true }
      const onConfirm = (error: unknown) => this.#settle(publication, error)
      const { exchange, routingKey } = options
      this.#isFull = !this.#channel.publish(exchange, routingKey, payload.body, properties, onConfirm)
    } catch (error) {
      publication.reject(this.#channelError() ?? badValue(error))
      return
    }
    this.#inFlight.add(publication)
    this.#returnables.add(publication)
  }

  #settle(publication: Publication, error: unknown): void {
    this.#inFlight.delete(publication)
    this.#returnables.delete(publication)
    if (error) {
      // When the channel is closing, why is known by the end of this turn of the event loop.
      queueMicrotask(() => publication.reject(this.#failure()))
    } else if (publication.wasReturned) {
      publication.reject(unroutable(publication.options))
    } else {
      publication.resolve()
    }
    this.#write()
  }

  #failure(): Error {
    return (
      this.#channelError() ??
      new OperationalError(
        'the broker did not take the message (basic.nack): a full queue that rejects, or an error of its own',
      )
    )
  }
}

function unroutable({ exchange, routingKey }: PublishOptions): UnroutableError {
  const where = exchange === '' ? 'the default exchange' : `exchange ${JSON.stringify(exchange)}`
  return new UnroutableError(
    `${where} has no queue for routing key ${JSON.stringify(routingKey)}, and the message was mandatory; ` +
      'declare and bind the queue first',
  )
}
