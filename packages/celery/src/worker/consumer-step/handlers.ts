/** Which function handles which type of message. A handler is a schema and a function that gets what the schema gives. */
import type { Message } from '@voice-pocket/kombu'
import { closestMatch } from 'leven'
import { InvalidMessageError, MalformedMessageError } from '../../exceptions.ts'
import type { StandardSchema } from '../../standard-schema.ts'

/** What a handler knows besides the body. */
export interface MessageContext {
  /** As it came. Whoever settles it keeps the step from doing so. */
  readonly message: Message
  readonly type: string
  /** Aborts when nobody waits any more: the time limit, a lost connection, a cold shutdown. The message comes again. */
  readonly signal: AbortSignal
}

export interface MessageHandler<Body = unknown, Result = unknown, Context = MessageContext> {
  readonly schema: StandardSchema<Body>
  /** Resolves when everything is stored: the message is acknowledged right after. */
  handle(body: Body, context: Context): Result | Promise<Result>
}

/** What a message says besides its body. */
export type MessageLabels = Pick<Message, 'headers' | 'properties' | 'deliveryInfo'>

/** Tells the type of a message; undefined where it has none. */
export type ReadType = (body: unknown, message: MessageLabels) => unknown

/** A message that was read and checked, and only needs to be handled. */
export interface Prepared<Result = unknown, Context = MessageContext> {
  readonly type: string
  run(context: Context): Promise<Result>
}

/** What a step hands its messages to. */
export interface MessageDispatcher {
  /** Rejects MalformedMessageError for what is the sender's fault; with any other error, it is tried again later. */
  prepare(body: unknown, message: MessageLabels): Promise<Prepared>
}

/** Of what did not come as a message. */
const UNLABELLED: MessageLabels = {
  headers: {},
  properties: {},
  deliveryInfo: { exchange: '', routingKey: '', queue: '', redelivered: false, consumerTag: undefined },
}

/** Also for what comes another way: `Context` is what its handlers are to know. */
export class MessageHandlers<Result = unknown, Context = MessageContext> {
  readonly #handlers = new Map<string, MessageHandler<unknown, Result, Context>>()
  readonly #readType: ReadType
  /** As it is called in errors. */
  readonly #typeName: string

  /** @param type a field of the body, or what reads it from wherever it is */
  constructor(type: string | ReadType = 'type') {
    this.#readType = typeof type === 'string' ? (body) => fieldOf(body, type) : type
    this.#typeName = typeof type === 'string' ? type : 'type'
  }

  register<Body>(type: string, handler: MessageHandler<Body, Result, Context>): this {
    if (this.#handlers.has(type))
      throw new TypeError(`The type ${type} has a handler already; register it once.`)
    this.#handlers.set(type, handler as MessageHandler<unknown, Result, Context>)
    return this
  }

  get types(): readonly string[] {
    return [...this.#handlers.keys()]
  }

  /** Reads the type and checks the body. Rejects MalformedMessageError, InvalidMessageError. */
  async prepare(body: unknown, message = UNLABELLED): Promise<Prepared<Result, Context>> {
    const type = this.#typeOf(this.#readType(body, message))
    const handler = this.#handlers.get(type) as MessageHandler<unknown, Result, Context>
    const result = await handler.schema['~standard'].validate(body)
    if (result.issues) throw new InvalidMessageError(result.issues)
    return { type, run: async (context) => handler.handle(result.value, context) }
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
