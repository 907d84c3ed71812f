/** Which function handles which type of message. A handler is a schema and a function that gets what the schema gives. */
import type { Message } from '@voice-pocket/kombu'
import { closestMatch } from 'leven'
import { InvalidMessageError, MalformedMessageError } from '../../exceptions.ts'
import type { StandardSchema } from '../../standard-schema.ts'

/** What a handler knows besides the body. */
export interface MessageContext {
  /** As it came. Whoever settles it here keeps the step from doing so. */
  readonly message: Message
  readonly type: string
  /** Aborts when nobody waits any more: the time limit, a lost connection, a cold shutdown. The message comes again. */
  readonly signal: AbortSignal
}

export interface MessageHandler<Body = unknown, Result = unknown> {
  readonly schema: StandardSchema<Body>
  /** Resolves when everything is stored: the message is acknowledged right after. */
  handle(body: Body, context: MessageContext): Result | Promise<Result>
}

/** What tells the type of a message; undefined where it has none. */
export type ReadType = (
  body: unknown,
  message: Pick<Message, 'headers' | 'properties' | 'deliveryInfo'>,
) => unknown

/** A message that was read and checked, and only needs to be handled. */
export interface Prepared<Result = unknown> {
  readonly type: string
  run(context: Omit<MessageContext, 'type'>): Promise<Result>
}

/** What a step hands its messages to. */
export interface MessageDispatcher {
  /** Rejects MalformedMessageError for what is the sender's fault; with any other error, it is tried again later. */
  prepare(body: unknown, message: Message): Promise<Prepared>
}

export class MessageHandlers<Result = unknown> implements MessageDispatcher {
  readonly #handlers = new Map<string, MessageHandler<unknown, Result>>()
  readonly #readType: ReadType
  /** As it is called in errors. */
  readonly #typeName: string

  /** @param type a field of the body, or what reads it from wherever it is */
  constructor(type: string | ReadType = 'type') {
    this.#readType = typeof type === 'string' ? (body) => fieldOf(body, type) : type
    this.#typeName = typeof type === 'string' ? type : 'type'
  }

  register<Body>(type: string, handler: MessageHandler<Body, Result>): this {
    if (this.#handlers.has(type))
      throw new TypeError(`The type ${type} has a handler already; register it once.`)
    this.#handlers.set(type, handler as MessageHandler<unknown, Result>)
    return this
  }

  get types(): readonly string[] {
    return [...this.#handlers.keys()]
  }

  async prepare(body: unknown, message: Parameters<ReadType>[1]): Promise<Prepared<Result>> {
    const type = this.#typeOf(this.#readType(body, message))
    const handler = this.#handlers.get(type) as MessageHandler<unknown, Result>
    const result = await handler.schema['~standard'].validate(body)
    if (result.issues) throw new InvalidMessageError(result.issues)
    return { type, run: async (context) => handler.handle(result.value, { ...context, type }) }
  }

  #typeOf(type: unknown): string {
    if (type === undefined || type === null) {
      const [example] = this.types
      throw new MalformedMessageError(
        'missing_type',
        `${this.#typeName}: is required, such as ${JSON.stringify(example)}`,
      )
    }
    if (typeof type === 'string' && this.#handlers.has(type)) return type
    throw new MalformedMessageError('unknown_type', `${this.#typeName}: ${this.#whyUnknown(type)}`)
  }

  /** What is no string may be nested deeper than the stack or bring a `toString` of its own: it is not looked into. */
  #whyUnknown(type: unknown): string {
    if (typeof type !== 'string') return `must be a string, such as ${JSON.stringify(this.types[0])}`
    const beginning = type.slice(0, 100)
    const nearest = closestMatch(beginning, this.types)
    return `${JSON.stringify(beginning)} has no handler here; did you mean ${nearest}?`
  }
}

function fieldOf(body: unknown, field: string): unknown {
  const isTable = typeof body === 'object' && body !== null && Object.hasOwn(body, field)
  return isTable ? (body as Readonly<Record<string, unknown>>)[field] : undefined
}
