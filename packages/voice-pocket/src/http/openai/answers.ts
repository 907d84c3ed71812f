/**
 * How OpenAI's API answers, for the paths that follow it: every answer has an id, and an error is
 * `{"error": {message, type, param, code}}`, by which its clients choose the class of what they throw.
 * https://platform.openai.com/docs/guides/error-codes
 */
import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type { HttpProblem, problemSchema } from '../errors.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Of this request, and of the speech it asks for. */
    requestId?: string
  }
}

export const OPENAI_PATHS = ['/v1/audio/*', '/v1/models', '/v1/models/*'] as const

/** The version of its API that OpenAI names in every answer. */
const API_VERSION = '2020-10-01'

const errorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string().meta({ example: 'invalid_request_error' }),
      param: z.string().nullable().meta({ description: 'The field that is wrong.' }),
      code: z.string().nullable().meta({ description: 'Stable, for programs.', example: 'model_not_found' }),
    }),
  })
  .openapi('OpenAiError')

type Problem = z.output<typeof problemSchema>
export type OpenAiError = z.output<typeof errorSchema>

export const openAiError = (description: string) => ({
  description,
  content: { 'application/json': { schema: errorSchema } },
})

export function requestIdOf(context: Context): string {
  const id = context.get('requestId') ?? randomUUID()
  context.set('requestId', id)
  return id
}

/** Whatever a route, or anything before it, says in the words of problems, OpenAI's clients hear in theirs. */
export const openAiAnswers: MiddlewareHandler = async (context, next) => {
  const begin = performance.now()
  const id = requestIdOf(context)
  await next()
  if (context.res.headers.get('content-type') === 'application/problem+json') {
    context.res = await inOpenAiForm(context.res)
  }
  context.header('x-request-id', id)
  context.header('openai-version', API_VERSION)
  context.header('openai-processing-ms', String(Math.round(performance.now() - begin)))
}

/** The same as an event in the middle of a stream whose status was sent long ago. */
export function errorEvent({ status, code, message: detail, errors }: HttpProblem): OpenAiError {
  return toOpenAiError({ status, code, detail, ...(errors && { errors }) })
}

async function inOpenAiForm(response: Response): Promise<Response> {
  const problem = (await response.json()) as Problem
  const headers = new Headers(response.headers)
  headers.set('Content-Type', 'application/json')
  return new Response(JSON.stringify(toOpenAiError(problem)), { status: statusOf(problem), headers })
}

/** OpenAI has no 422. */
function statusOf({ status }: Problem): number {
  return status === 422 ? 400 : status
}

/** What OpenAI calls what this API has another name for; whatever else there is keeps its own. */
const CODES: Readonly<Record<string, string | null>> = {
  not_json: null,
  invalid_request: null,
  not_found: null,
  unauthenticated: null,
  invalid_token: 'invalid_api_key',
  quota_exceeded: 'rate_limit_exceeded',
  method_not_allowed: 'method_not_supported',
  unsupported_media_type: 'unsupported_content_type',
  internal_error: null,
}

function toOpenAiError({
  status,
  code,
  detail,
  errors,
}: Pick<Problem, 'status' | 'code' | 'detail' | 'errors'>): OpenAiError {
  const param = errors?.[0]?.pointer.slice(1).replaceAll('/', '.') || null
  return {
    error: {
      message: detail,
      type: typeOf(status),
      param,
      code: code in CODES ? (CODES[code] ?? null) : code,
    },
  }
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error'
  return status === 429 ? 'requests' : 'invalid_request_error'
}
