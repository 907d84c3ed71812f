import type { ChannelModel } from 'amqplib'
import { OperationalError } from '../../exceptions.ts'
import type { TransportConnection } from '../base.ts'
import { AmqpChannel } from './channel.ts'
import { connectionLoss } from './failure.ts'

export interface Line {
  /** For messages: the URL with its password masked. */
  readonly address: string
  /** How long a broker may take to say goodbye. */
  readonly closeTimeoutMs: number
  /** Destroys the socket. */
  readonly cut: () => void
}

/** Frames that may wait for the socket on one channel before publishers have to: at most 16 MiB. */
const WRITE_BUFFER = { highWaterMark: 128 }

/**
 * One connection to RabbitMQ. It owns the socket: whatever ends the connection, the socket is destroyed, so that
 * a silent peer keeps nothing alive here.
 */
export class AmqpConnection implements TransportConnection {
  readonly closed: Promise<OperationalError | undefined>
  readonly #resolveClosed: (reason: OperationalError | undefined) => void
  readonly #model: ChannelModel
  readonly #line: Line
  readonly #channels = new Set<AmqpChannel>()
  #isOpen = true
  #loss: OperationalError | undefined
  #closing: Promise<void> | undefined

  constructor(model: ChannelModel, line: Line) {
    const { promise, resolve } = Promise.withResolvers<OperationalError | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.#model = model
    this.#line = line
    model.on('error', (error) => this.#lose(error))
    model.on('close', (error) => {
      // A forced closure (an operator's, or a broker that goes down) is announced by this event only.
      if (error) this.#lose(error)
      this.#end()
    })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Why it was lost, if it was. */
  get loss(): OperationalError | undefined {
    return this.#loss
  }

  async channel(): Promise<AmqpChannel> {
    if (!this.#isOpen) throw this.#closedError()
    try {
      const channel = new AmqpChannel(await this.#model.createConfirmChannel(WRITE_BUFFER), this)
      this.#channels.add(channel)
      channel.closed.then(() => this.#channels.delete(channel))
      return channel
    } catch (cause) {
      if (!this.#isOpen) throw this.#closedError(cause)
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new OperationalError(`${this.#line.address} gives no channel: ${why}`, { cause })
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    const timer = setTimeout(this.#line.cut, this.#line.closeTimeoutMs)
    await Promise.all([...this.#channels].map((channel) => channel.close()))
    if (this.#isOpen) {
      this.#isOpen = false
      // Its promise stays open when the line is cut meanwhile; `closed` settles in any case.
      this.#model.close().catch(() => this.#line.cut())
    }
    await this.closed
    clearTimeout(timer)
  }

  #lose(error: unknown): void {
    this.#isOpen = false
    if (!this.#closing) this.#loss ??= connectionLoss(error, this.#line.address)
    this.#line.cut()
  }

  #end(): void {
    this.#isOpen = false
    this.#line.cut()
    this.#resolveClosed(this.#loss)
  }

  #closedError(cause?: unknown): OperationalError {
    return (
      this.#loss ??
      new OperationalError(
        `the connection to ${this.#line.address} was closed; open a channel on a new one`,
        {
          cause,
        },
      )
    )
  }
}
