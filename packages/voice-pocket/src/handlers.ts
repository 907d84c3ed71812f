/**
 * Which function serves which `type` of message. The registry is the one road to a task: messages from the queue and
 * HTTP requests both take it.
 */
import {
  InvalidMessageError,
  type JsonObject,
  MalformedMessageError as MalformedMessage,
  MessageHandlers,
  type Prepared,
} from '@voice-pocket/celery'
import type { z } from 'zod'
import { readEmail } from './email.ts'
import { MalformedMessageError, type MessageSender, NoGrantError } from './exceptions.ts'
import { MALFORMED_REASONS, type MalformedReason } from './malformed-reasons.ts'
import { etlSchema, plainUuid, type SpeechRequest } from './messages.ts'
import { requestOptions } from './request-options.ts'
import type { SpeechIndex } from './speech-index.ts'
import { readUuid, taskIdFor } from './uuid.ts'

/** What a handler gives back: the task that now serves this uuid. */
export interface Accepted {
  readonly uuid: string
  /** Where none was needed, the name of what there is now. */
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
  readonly #handlers = new MessageHandlers<Accepted, unknown>()

  register<Schema extends z.ZodType>(type: string, handler: Handler<Schema>): this {
    this.#handlers.register<z.output<Schema>>(type, handler)
    return this
  }

  /** Rejects with MalformedMessageError for what is the sender's fault; with any other error, try again later. */
  async prepare(document: JsonObject): Promise<Prepared<Accepted, unknown>> {
    try {
      return await this.#handlers.prepare(document)
    } catch (error) {
      throw error instanceof MalformedMessage ? inOurWords(error, document) : error
    }
  }

  /** The same, and serves it. */
  async dispatch(document: JsonObject): Promise<Accepted> {
    const { run } = await this.prepare(document)
    return run(undefined)
  }
}

/** The verbs the ETL handler needs. */
export interface SpeechStarter {
  readonly index: SpeechIndex
  readonly maxTextLength: number
  /** Rejects NoGrantError when who asks may not use the voice; everybody may unless given. */
  permit?(request: SpeechRequest): Promise<unknown>
  /** Resolves when the broker has the task. */
  startTask(taskId: string, request: SpeechRequest): Promise<void>
}

/** `ETL`: one uuid becomes one `text_to_speech` task, and the index knows which. */
export function speechHandler({ index, maxTextLength, permit, startTask }: SpeechStarter) {
  const schema = etlSchema(maxTextLength)
  const handle = async (request: SpeechRequest): Promise<Accepted> => {
    const { uuid, requestFrom, requestTo } = request
    const start = async () => {
      const taskId = taskIdFor(uuid)
      await permit?.(request).catch((error) => refuse(error, request))
      await startTask(taskId, request)
      return taskId
    }
    const { taskId, created } = await index.once(uuid, start, { requestFrom, requestTo })
    return { uuid, taskId, created }
  }
  return { schema, handle }
}

/** @throws MalformedMessageError in the place of NoGrantError: however often it is delivered, it is not served. */
function refuse(error: unknown, { type, uuid, requestFrom, requestTo }: SpeechRequest): never {
  if (!(error instanceof NoGrantError)) throw error
  const sender = { type, uuid, requestFrom, requestTo }
  throw new MalformedMessageError('no_grant', `requestTo: ${error.message}`, sender, { cause: error })
}

/** Whom to tell, as far as it can be read: only values that are safe to write elsewhere. */
export function readSender(document: JsonObject): MessageSender {
  const address = (value: unknown) => (typeof value === 'string' ? readEmail(value) : undefined)
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

/** By the contract's own reasons, and with whom to tell. */
function inOurWords(error: MalformedMessage, document: JsonObject): MalformedMessageError {
  const options = { cause: error }
  return new MalformedMessageError(reasonOf(error, document), error.message, readSender(document), options)
}

function reasonOf(error: MalformedMessage, document: JsonObject): MalformedReason {
  if (error instanceof InvalidMessageError) return reasonOfIssue(error.issues as z.core.$ZodIssue[], document)
  return error.reason === 'missing_type' ? 'missing_field' : 'unknown_type'
}

function reasonOfIssue([issue]: readonly z.core.$ZodIssue[], document: JsonObject): MalformedReason {
  const field = String(issue?.path[0])
  const named = issue?.code === 'custom' ? issue.params?.reason : undefined
  if (typeof named === 'string' && named in MALFORMED_REASONS) return named as MalformedReason
  if (document[field] === undefined || document[field] === null) return 'missing_field'
  return field in requestOptions ? 'invalid_option' : 'invalid_field'
}
