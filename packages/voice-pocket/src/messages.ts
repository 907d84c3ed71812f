/**
 * The public contract of the service, whichever way a request comes in: what may be sent, and what is sent back.
 * docs/messages.md explains it with examples; its tests keep the two together.
 */
import type { JsonObject } from '@voice-pocket/celery'
import { z } from 'zod'
import { readEmail } from './email.ts'
import { MarkupError } from './exceptions.ts'
import { type RequestFields, requestOptions, type SpeechOptions, speechOptionsOf } from './request-options.ts'
import { type InputType, toManuscript } from './text/input-type.ts'
import { readUuid } from './uuid.ts'

// ---- what may be sent

/** A request as it goes on from here; both variants of the message have become the one form. */
export interface SpeechRequest {
  readonly type: 'ETL'
  readonly uuid: string
  /** Who asked, and will be told. */
  readonly requestFrom: string
  /** Whose voice speaks, and whose folder keeps the file. */
  readonly requestTo: string
  readonly text: string
  /** Only where it was given; `text` where not. */
  readonly inputType?: InputType
  readonly options: SpeechOptions
  /** Only where it was given; see priority.ts. */
  readonly priority?: number
}

export const uuidField = z
  .string()
  .overwrite((value) => readUuid(value) ?? value)
  .refine((value) => readUuid(value) !== undefined, {
    error: 'must be a UUID of 8-4-4-4-12 hexadecimal digits, and not all zeros',
    params: { reason: 'invalid_uuid' },
  })
  .meta({
    description: 'The name the caller gives the request.',
    example: '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10',
  })

/** Comes out in its one form; see email.ts. */
export const emailField = z
  .string()
  .overwrite((value) => readEmail(value) ?? value)
  .refine((value) => readEmail(value) !== undefined, {
    error: 'must be an e-mail address such as minji@example.com',
    params: { reason: 'invalid_email' },
  })
  .meta({ example: 'minji@example.com' })

export function textField(maxTextLength: number) {
  return z
    .string()
    .superRefine((text, context) => {
      const problem = problemOfText(text, maxTextLength)
      if (problem)
        context.addIssue({ code: 'custom', message: problem.rule, params: { reason: problem.reason } })
    })
    .meta({ description: `At most ${maxTextLength} characters.`, example: '안녕하세요. 보이스 포켓입니다.' })
}

/** The fields both the message and the HTTP request have. */
export function speechFields(maxTextLength: number) {
  return {
    email: emailField.optional(),
    requestFrom: emailField.optional(),
    requestTo: emailField.optional(),
    text: textField(maxTextLength),
    ...requestOptions,
  }
}

/** `{"type":"ETL", …}`. Fields it does not know are ignored: a sender's class often has more than is meant for us. */
export function etlSchema(maxTextLength: number) {
  const fields = z
    .object({ type: z.literal('ETL'), uuid: uuidField, ...speechFields(maxTextLength) })
    .superRefine(checkAddresses)
    .superRefine(checkMarkup)
  return z.preprocess(plainFields, fields).transform(toSpeechRequest)
}

/** What is wrong in SSML is found when it is sent. */
export function checkMarkup(
  {
    text,
    input_type: inputType,
    field = 'text',
  }: { text: string; input_type?: InputType | undefined; field?: string },
  context: z.RefinementCtx,
): void {
  try {
    toManuscript({ text, inputType })
  } catch (error) {
    if (!(error instanceof MarkupError)) throw error
    const message = `must be SSML that is spoken here: ${error.message}`
    context.addIssue({ code: 'custom', path: [field], message, params: { reason: 'invalid_ssml' } })
  }
}

/** `email` stands for both addresses; with the other two it must not contradict them. */
export function checkAddresses(fields: Addresses, context: z.RefinementCtx): void {
  const { email, requestFrom, requestTo } = fields
  const others = [requestFrom, requestTo].filter((address) => address !== undefined)
  if (email !== undefined) {
    if (others.every((address) => address === email)) return
    const message = 'must be absent when requestFrom or requestTo name somebody else'
    context.addIssue({ code: 'custom', path: ['email'], message, params: { reason: 'ambiguous_email' } })
  } else if (others.length < 2) {
    const missing = others.length === 0 ? 'email' : requestFrom === undefined ? 'requestFrom' : 'requestTo'
    const message = 'is required: send email, or both requestFrom and requestTo'
    context.addIssue({ code: 'custom', path: [missing], message, params: { reason: 'missing_field' } })
  }
}

export function toSpeechRequest(
  fields: Addresses & { uuid: string; text: string } & RequestFields,
): SpeechRequest {
  const {
    uuid,
    email,
    requestFrom = email,
    requestTo = email,
    text,
    input_type: inputType,
    priority,
  } = fields
  if (requestFrom === undefined || requestTo === undefined)
    throw new TypeError('checkAddresses() comes before')
  const given = { ...(inputType !== undefined && { inputType }), ...(priority !== undefined && { priority }) }
  return { type: 'ETL', uuid, requestFrom, requestTo, text, options: speechOptionsOf(fields), ...given }
}

interface Addresses {
  email?: string | undefined
  requestFrom?: string | undefined
  requestTo?: string | undefined
}

// ---- what is sent back

export const OUTPUT_STATES = ['SUCCESS', 'FAILURE', 'REVOKED', 'REJECTED'] as const

/** Every field is always there; what does not apply is null. */
export const outputMessageSchema = z.strictObject({
  type: z.string().nullable(),
  uuid: z.string(),
  requestFrom: z.string().nullable(),
  requestTo: z.string().nullable(),
  state: z.enum(OUTPUT_STATES),
  task_id: z.string().nullable(),
  key: z.string().nullable(),
  url: z.string().nullable(),
  error: z.strictObject({ title: z.string(), detail: z.string(), reason: z.string().nullable() }).nullable(),
})

export type OutputMessage = z.output<typeof outputMessageSchema>

// ---- rules

/** Jackson writes a field that is not set as null, and Kombu writes a Python UUID as a tagged object. */
export function plainFields(document: unknown): unknown {
  if (typeof document !== 'object' || document === null) return document
  const fields = Object.entries(document as JsonObject).filter(([, value]) => value !== null)
  return Object.fromEntries(fields.map(([name, value]) => [name, name === 'uuid' ? plainUuid(value) : value]))
}

/** Kombu's JSON: `{"__type__": "uuid", "__value__": {"hex": "…"}}`. */
export function plainUuid(value: unknown): unknown {
  const tagged = value as { __type__?: unknown; __value__?: { hex?: unknown } } | undefined
  if (tagged?.__type__ !== 'uuid' || typeof tagged.__value__?.hex !== 'string') return value
  return tagged.__value__.hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function problemOfText(text: string, maxLength: number) {
  if (!/[^\p{White_Space}\p{Cc}\p{Cf}]/u.test(text)) {
    return { reason: 'empty_text', rule: 'must have something to say: it is empty or only blanks' }
  }
  if (!text.isWellFormed()) {
    return { reason: 'invalid_text', rule: 'must be whole characters: it has a lone surrogate' }
  }
  // An emoji is two units of a JavaScript string, and one character to everybody else.
  const length = text.length > maxLength ? Array.from(text).length : text.length
  if (length > maxLength) {
    return {
      reason: 'text_too_long',
      rule: `must have at most ${maxLength} characters, and has ${length}: split it`,
    }
  }
  return undefined
}
