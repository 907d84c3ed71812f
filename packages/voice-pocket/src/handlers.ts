/**
 * Which function serves which `type` of message. A handler is a schema and a function that gets exactly what the
 * schema gives. The registry is the one road to a task: messages from the queue and HTTP requests both take it.
 */
import { closestMatch } from 'leven'
import type { z } from 'zod'
import { MalformedMessageError, type MessageSender } from './exceptions.ts'
import { MALFORMED_REASONS, type MalformedReason } from './malformed-reasons.ts'
import type { JsonObject } from './message-body.ts'
import { etlSchema, isEmail, plainUuid, type SpeechRequest, speechOptions } from './messages.ts'
import type { SpeechIndex } from './speech-index.ts'
import { readUuid, taskIdFor } from './uuid.ts'

/** What a handler gives back: the task that now serves this uuid. */
export interface Accepted {
  readonly uuid: string
  readonly taskId: string
  /** False when the uuid was known already, and nothing new was started. */
  readonly created: boolean
}

export interface Handler<Schema extends z.ZodType> {
  readonly schema: Schema
  /** Resolves when everything is stored: the message is acknowledged right after. */
  handle(message: z.output<Schema>): Promise<Accepted>
}

export class HandlerRegistry {
  readonly #handlers = new Map<string, (document: JsonObject) => Promise<Accepted>>()

  register<Schema extends z.ZodType>(type: string, { schema, handle }: Handler<Schema>): this {
    if (this.#handlers.has(type))
      throw new TypeError(`The type ${type} has a handler already; register it once.`)
    this.#handlers.set(type, async (document) => handle(parseWith(schema, document)))
    return this
  }

  get types(): readonly string[] {
    return [...this.#handlers.keys()]
  }

  /** Rejects with MalformedMessageError for what is the sender's fault; with any other error, try again later. */
  async dispatch(document: JsonObject): Promise<Accepted> {
    const { type } = document
    if (type === undefined || type === null) {
      throw new MalformedMessageError(
        'missing_field',
        `type: is required, such as "ETL"`,
        readSender(document),
      )
    }
    const handle = typeof type === 'string' ? this.#handlers.get(type) : undefined
    if (handle) return handle(document)
    throw new MalformedMessageError('unknown_type', this.#whyUnknown(type), readSender(document))
  }

  /** What is no string may be nested deeper than the stack or bring a `toString` of its own: it is not looked into. */
  #whyUnknown(type: unknown): string {
    if (typeof type !== 'string') return 'type: must be a string, such as "ETL"'
    const beginning = type.slice(0, 100)
    const nearest = closestMatch(beginning, this.types)
    return `type: ${JSON.stringify(beginning)} has no handler here; did you mean ${nearest}?`
  }
}

/** The verbs the ETL handler needs. */
export interface SpeechStarter {
  readonly index: SpeechIndex
  readonly maxTextLength: number
  /** Resolves when the broker has the task. */
  startTask(taskId: string, request: SpeechRequest): Promise<void>
}

/** `ETL`: one uuid becomes one `text_to_speech` task, and the index knows which. */
export function speechHandler({ index, maxTextLength, startTask }: SpeechStarter) {
  const schema = etlSchema(maxTextLength)
  const handle = async (request: SpeechRequest): Promise<Accepted> => {
    const { taskId, created } = await index.once(request.uuid, async () => {
      const taskId = taskIdFor(request.uuid)
      await startTask(taskId, request)
      return taskId
    })
    return { uuid: request.uuid, taskId, created }
  }
  return { schema, handle }
}

/** Whom to tell, as far as it can be read: only values that are safe to write elsewhere. */
function readSender(document: JsonObject): MessageSender {
  const address = (value: unknown) => (typeof value === 'string' && isEmail(value) ? value : undefined)
  const uuid = readUuid(plainUuid(document.uuid))
  const requestFrom = address(document.requestFrom) ?? address(document.email)
  const requestTo = address(document.requestTo) ?? address(document.email)
  return {
    ...(typeof document.type === 'string' && { type: document.type.slice(0, 100) }),
    ...(uuid && { uuid }),
    ...(requestFrom && { requestFrom }),
    ...(requestTo && { requestTo }),
  }
}

function parseWith<Schema extends z.ZodType>(schema: Schema, document: JsonObject): z.output<Schema> {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const detail = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  const [first] = parsed.error.issues
  throw new MalformedMessageError(reasonOf(first, document), detail, readSender(document), {
    cause: parsed.error,
  })
}

function reasonOf(issue: z.core.$ZodIssue | undefined, document: JsonObject): MalformedReason {
  const field = String(issue?.path[0])
  const named = issue?.code === 'custom' ? issue.params?.reason : undefined
  if (typeof named === 'string' && named in MALFORMED_REASONS) return named as MalformedReason
  if (document[field] === undefined || document[field] === null) return 'missing_field'
  return field in speechOptions ? 'invalid_option' : 'invalid_field'
}
