import { Consumer } from './consumer.ts'
import { Exchange } from './entity.ts'
import type { Message } from './message.ts'
import type { Mailbox } from './pidbox.ts'
import { Producer } from './producer.ts'
import type { Channel } from './transport/base.ts'

/** What a method does; what it gives (or the promise of it) is the reply. */
export type Handler = (args: Readonly<Record<string, unknown>>) => unknown
/** What a handler gives when its caller is not to be told anything. */
export const NO_REPLY: unique symbol = Symbol('no reply')

export type Handlers = Readonly<Record<string, Handler>>

export interface NodeOptions {
  /** What a handler threw (the caller is told, too), or a command that cannot be read. Default: say so on stderr. */
  readonly onError?: (error: unknown, method: string) => void
}

interface Command {
  readonly method: string
  readonly args: Readonly<Record<string, unknown>>
  readonly replyTo: { readonly exchange: string; readonly routingKey: string } | undefined
  readonly ticket: unknown
}

/** One end of a mailbox: runs the commands that are meant for it, and replies. */
export class Node {
  readonly mailbox: Mailbox
  readonly hostname: string
  readonly #handlers: Handlers
  readonly #onError: (error: unknown, method: string) => void

  constructor(mailbox: Mailbox, hostname: string, handlers: Handlers, options: NodeOptions) {
    this.mailbox = mailbox
    this.hostname = hostname
    this.#handlers = handlers
    this.#onError = options.onError ?? reportError
  }

  /** Takes commands on this channel until it is closed. Give it one of its own: replies go out there as well. */
  async listen(channel: Channel): Promise<Listening> {
    const consumer = new Consumer(channel, {
      queues: [this.mailbox.controlQueue(this.hostname)],
      accept: this.mailbox.accept,
      noAck: true,
      onDecodeError: (_message, error) => this.#onError(error, 'unreadable command'),
      onError: (error) => this.#onError(error, 'reply'),
      callbacks: [(body, message) => this.handleMessage(body, message, channel)],
    })
    await consumer.consume()
    return {
      closed: channel.closed,
      close: async () => {
        await consumer[Symbol.asyncDispose]()
        await channel.close()
      },
    }
  }

  /** Runs a received command if it is for this node. */
  async handleMessage(body: unknown, message: Message, channel: Channel): Promise<void> {
    this.mailbox.clock.adjust(message.headers.clock)
    if (!isTable(body) || typeof body.method !== 'string' || !isMeantFor(this.hostname, body)) return
    const command = readCommand(body.method, body)
    const reply = await this.dispatch(command.method, command.args)
    if (command.replyTo && reply !== NO_REPLY) await this.#reply(channel, command, reply)
  }

  /** The value a method gives; `{ error }` when it throws or does not exist. Never rejects. */
  async dispatch(method: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const handler = Object.hasOwn(this.#handlers, method) ? this.#handlers[method] : undefined
    if (!handler) return { error: `KeyError(${quoted(method)})` }
    try {
      return (await handler(args)) ?? null
    } catch (error) {
      this.#onError(error, method)
      return { error: error instanceof Error ? `${error.name}(${quoted(error.message)})` : String(error) }
    }
  }

  async #reply(channel: Channel, { replyTo, ticket }: Command, value: unknown): Promise<void> {
    const exchange = new Exchange(replyTo?.exchange, { type: 'direct', durable: false, deliveryMode: 1 })
    await new Producer(channel, { exchange, serializer: this.mailbox.serializer }).publish(
      { [this.hostname]: value },
      { routingKey: replyTo?.routingKey ?? '', headers: { ticket, clock: this.mailbox.clock.forward() } },
    )
  }
}

export interface Listening {
  /** Settles when the channel is closed, with the reason if there is one. */
  readonly closed: Channel['closed']
  /** Waits for running commands, then closes the channel. Twice is fine. */
  close(): Promise<void>
}

function readCommand(method: string, body: Readonly<Record<string, unknown>>): Command {
  const { arguments: args, reply_to: replyTo, ticket = null } = body
  return {
    method,
    args: isTable(args) ? args : {},
    ticket,
    replyTo: isTable(replyTo)
      ? { exchange: String(replyTo.exchange ?? ''), routingKey: String(replyTo.routing_key ?? '') }
      : undefined,
  }
}

/** `destination` if there is one, else the pattern, else everybody. */
function isMeantFor(hostname: string, body: Readonly<Record<string, unknown>>): boolean {
  const { destination, pattern, matcher } = body
  if (Array.isArray(destination) && destination.length > 0) return destination.includes(hostname)
  if (typeof destination === 'string') return destination === hostname
  if (typeof pattern !== 'string' || pattern === '' || typeof matcher !== 'string') return true
  return matcher === 'pcre' ? new RegExp(`^(?:${pattern})`).test(hostname) : glob(pattern).test(hostname)
}

/** Python's fnmatch: `*`, `?`, `[seq]` and `[!seq]`; nothing else is special. */
function glob(pattern: string): RegExp {
  const source = pattern.replace(
    /\[(!?)([^\]]+)\]|[\s\S]/g,
    (token, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\^[]/g, '\\$&')}]`
      if (token === '*') return '.*'
      return token === '?' ? '.' : token.replace(/[.+^${}()|[\]\\/]/g, '\\$&')
    },
  )
  return new RegExp(`^${source}$`, 's')
}

/** As Python's repr writes a string: callers in Python show it as it is. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reportError(error: unknown, method: string): void {
  console.error(`kombu: remote control, ${method}:`, error)
}
