/**
 * Every answer that is no success is a problem of RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457). Handlers throw;
 * this file alone decides which status an error has. Beyond the standard's members there are `code`, which programs
 * can rely on, `errors` for the fields of a request, and `id` of an unexpected error, which the log has too.
 */

import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { z } from '@hono/zod-openapi'
import { BackendError, type Logger } from '@voice-pocket/celery'
import { OperationalError } from '@voice-pocket/kombu'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { closestMatch } from 'leven'
import {
  ForbiddenError,
  IdentityUnavailableError,
  IndexUnavailableError,
  MalformedMessageError,
  QueueRefusedError,
  QuotaExceededError,
  RecordingError,
  RecordsUnavailableError,
  SpeechGoneError,
  SpeechNotFoundError,
  SpeechNotReadyError,
  StorageError,
  StorageKeyError,
  UnauthenticatedError,
  VoiceConflictError,
  VoiceNotFoundError,
} from '../exceptions.ts'

export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The phrase of the HTTP status.' }),
    status: z.int(),
    code: z.string().meta({ description: 'Stable, for programs.', example: 'not_found' }),
    detail: z.string().meta({ description: 'What is wrong this time, and what to do.' }),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    id: z.string().optional().meta({ description: 'Where to look in the log.' }),
  })
  .openapi('Problem')

type FieldErrors = { pointer: string; detail: string }[]

/** An answer other than success, thrown from anywhere below a route. */
export class HttpProblem extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly errors: FieldErrors | undefined

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { headers?: Record<string, string>; errors?: FieldErrors } = {},
  ) {
    super(detail)
    this.status = status
    this.code = code
    this.headers = more.headers ?? {}
    this.errors = more.errors
  }
}

/** For `app.onError`. */
export function answerError(logger: Logger) {
  return (error: Error, context: Context): Response => {
    const known = asProblem(error, context)
    if (known?.status === 503)
      logger.warn({ err: error, path: context.req.path }, 'a part of the service is away')
    if (known) return respond(known)
    const id = randomUUID()
    logger.error({ err: error, id, method: context.req.method, path: context.req.path }, 'request failed')
    const detail = `Something failed that should not; the log has it as ${id}.`
    return respond(new HttpProblem(500, 'internal_error', detail), id)
  }
}

export function notFound(context: Context): Response {
  return respond(
    new HttpProblem(404, 'not_found', `There is nothing at ${context.req.path}; /docs lists what there is.`),
  )
}

export function methodNotAllowed(context: Context, allowed: readonly string[]): Response {
  const allow = allowed.join(', ')
  const detail = `${context.req.method} is not possible at ${context.req.path}; use ${allow}.`
  return respond(new HttpProblem(405, 'method_not_allowed', detail, { headers: { Allow: allow } }))
}

export function bodyTooLarge(maxBytes: number) {
  return (): Response =>
    respond(
      new HttpProblem(
        413,
        'body_too_large',
        `The body has more than ${maxBytes} bytes; send a shorter text.`,
      ),
    )
}

/** More help nobody, and a body has room for a hundred thousand fields that are none, or for one that is all of it. */
const MAX_ERRORS = 20
const MAX_KEY_LENGTH = 100

/** For `defaultHook`: what zod found wrong. A path that cannot be a uuid names nothing that exists. */
export function refuseInvalid(
  result: { success: boolean; target: string; error?: z.ZodError },
  knownFields: readonly string[],
) {
  if (result.success || !result.error) return
  if (result.target === 'param') {
    const isUuid = result.error.issues.some(({ path: [name] }) => name === 'uuid')
    const rule = isUuid ? 'no UUID of 8-4-4-4-12 hexadecimal digits' : 'no e-mail address where one must be'
    throw new HttpProblem(404, 'not_found', `The path has ${rule}.`)
  }
  const errors = result.error.issues.flatMap((issue) => fieldErrors(issue, knownFields)).slice(0, MAX_ERRORS)
  const said = errors.map((each) => `${each.pointer || 'The body'} ${each.detail}`).join('; ')
  const detail = said.endsWith('?') ? said : `${said}.`
  throw new HttpProblem(422, 'invalid_request', detail, { errors })
}

function fieldErrors(issue: z.core.$ZodIssue, knownFields: readonly string[]): FieldErrors {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo(issue.path), detail: ruleOf(issue) }]
  const keys = issue.keys.slice(0, MAX_ERRORS).map((key) => key.slice(0, MAX_KEY_LENGTH))
  return keys.map((key) => ({
    pointer: pointerTo([...issue.path, key]),
    detail: `is not a field; did you mean ${closestMatch(key, knownFields)}?`,
  }))
}

/** As our own rules are worded, where a field has none for being there and of its kind. */
function ruleOf({ message }: z.core.$ZodIssue): string {
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? []
  if (expected === undefined) return message
  return received === 'undefined'
    ? 'is required'
    : `must be of the type ${expected}, and is of the type ${received}`
}

/** https://www.rfc-editor.org/rfc/rfc6901: nothing at all points to the whole body. */
function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** What is not the fault of a field. */
const REFUSED: Readonly<Record<string, number>> = { uuid_taken: 409, no_grant: 403, voice_conflict: 409 }

function asProblem(error: Error, context: Context): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error
  if (error instanceof SpeechNotFoundError) return new HttpProblem(404, 'not_found', error.message)
  if (error instanceof UnauthenticatedError) return unauthenticated(error, context)
  if (error instanceof QuotaExceededError) {
    const headers = { 'Retry-After': String(error.retryAfterSeconds) }
    return new HttpProblem(429, 'quota_exceeded', error.message, { headers })
  }
  if (error instanceof ForbiddenError) return new HttpProblem(403, 'forbidden', error.message)
  if (error instanceof SpeechGoneError) return new HttpProblem(410, 'gone', error.message)
  if (error instanceof SpeechNotReadyError) {
    return new HttpProblem(409, 'not_ready', error.message, { headers: { 'Retry-After': '1' } })
  }
  if (error instanceof VoiceNotFoundError) return new HttpProblem(404, 'no_voice', error.message)
  if (error instanceof VoiceConflictError) return new HttpProblem(409, 'voice_conflict', error.message)
  if (error instanceof RecordingError) {
    const status = error.fault === 'too_large' ? 413 : error.fault === 'unsupported' ? 415 : 422
    return new HttpProblem(status, `recording_${error.fault}`, error.message)
  }
  if (error instanceof MalformedMessageError) {
    return new HttpProblem(REFUSED[error.reason] ?? 422, error.reason, error.message)
  }
  const away = [...AWAY].find(([kind]) => error instanceof kind)
  if (away !== undefined && !(error instanceof StorageKeyError)) return unavailable(away[1])
  return error instanceof HTTPException ? fromHono(error, context) : undefined
}

/** Where it is, as whom it is used and what is wrong with it is for the log. */
const AWAY: ReadonlyMap<new (message: string) => Error, string> = new Map<
  new (
    message: string,
  ) => Error,
  string
>([
  [OperationalError, 'the broker'],
  [QueueRefusedError, 'a queue of the broker'],
  [BackendError, 'the results'],
  [IndexUnavailableError, 'the index'],
  [RecordsUnavailableError, 'the records'],
  [IdentityUnavailableError, 'the identity provider'],
  [StorageError, 'the storage'],
])

function unavailable(what: string): HttpProblem {
  const detail = `A part of the service is away: ${what}. Try again later; the log says more.`
  return new HttpProblem(503, 'unavailable', detail, { headers: { 'Retry-After': '5' } })
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3: who sent nothing is told the way, and of no error. */
function unauthenticated({ message }: UnauthenticatedError, { req }: Context): HttpProblem {
  const hasCredential = (req.header('authorization') ?? req.header('x-api-key')) !== undefined
  const description = message.replace(/[^ !#-[\]-~]/g, "'")
  const error = hasCredential ? `, error="invalid_token", error_description="${description}"` : ''
  const headers = { 'WWW-Authenticate': `Bearer realm="voice-pocket"${error}` }
  return new HttpProblem(401, hasCredential ? 'invalid_token' : 'unauthenticated', message, { headers })
}

/** What the framework itself refuses. */
function fromHono(error: HTTPException, context: Context): HttpProblem {
  if (error.status === 415) {
    const given = context.req.header('content-type') ?? 'missing'
    return new HttpProblem(
      415,
      'unsupported_media_type',
      `The content type is ${given}; send application/json.`,
    )
  }
  return new HttpProblem(error.status, error.status === 400 ? 'not_json' : 'refused', `${error.message}.`)
}

function respond({ status, code, message: detail, errors, headers }: HttpProblem, id?: string): Response {
  const title = STATUS_CODES[status] ?? 'Error'
  const problem = {
    type: 'about:blank',
    title,
    status,
    code,
    detail,
    ...(errors && { errors }),
    ...(id && { id }),
  }
  return new Response(JSON.stringify(problem), {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
  })
}
