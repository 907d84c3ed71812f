/** The routes of `/v1/lexicon`: how the words of one owner are pronounced. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { assertMayActFor } from '../../access/access.ts'
import { emailField } from '../../messages.ts'
import { lexiconSchema } from '../../text/lexicon.ts'
import type { Lexicons } from '../../text/lexicons.ts'
import { callerOf } from '../caller.ts'
import { json, problem } from './answers.ts'

const query = z.object({ email: emailField })
/** A copy: schemas that were made before this module was loaded know nothing of OpenAPI. */
const schema = lexiconSchema.clone().openapi('Lexicon')
const tags = ['text']
const forbidden = problem('The caller may not act for this e-mail.')
const invalid = problem('A field is missing or wrong; `errors` says which.')

const getRoute = createRoute({
  method: 'get',
  path: '/v1/lexicon',
  summary: 'How words are pronounced when this voice speaks',
  tags,
  request: { query },
  responses: {
    200: json(schema, 'All entries; an empty list when there are none.'),
    403: forbidden,
    422: invalid,
  },
})

const putRoute = createRoute({
  method: 'put',
  path: '/v1/lexicon',
  summary: 'Replaces them; what is spoken from now on follows',
  tags,
  request: { query, body: { required: true, content: { 'application/json': { schema } } } },
  responses: {
    200: json(schema, 'As it is now.'),
    400: problem('The body is not JSON.'),
    403: forbidden,
    413: problem('The body is too large.'),
    415: problem('The body is not `application/json`.'),
    422: invalid,
  },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/lexicon',
  summary: 'Deletes all of them',
  tags,
  request: { query },
  responses: { 204: { description: 'There are none now.' }, 403: forbidden, 422: invalid },
})

export function addLexiconRoutes(app: OpenAPIHono, lexicons: Lexicons): void {
  app.openapi(getRoute, async (context) => {
    const { email } = context.req.valid('query')
    assertMayActFor(callerOf(context), email)
    return context.json({ entries: [...(await lexicons.entries(email))] }, 200)
  })

  app.openapi(putRoute, async (context) => {
    const { email } = context.req.valid('query')
    assertMayActFor(callerOf(context), email)
    const lexicon = context.req.valid('json')
    await lexicons.replace(email, lexicon.entries)
    return context.json(lexicon, 200)
  })

  app.openapi(deleteRoute, async (context) => {
    const { email } = context.req.valid('query')
    assertMayActFor(callerOf(context), email)
    await lexicons.delete(email)
    return context.body(null, 204)
  })
}
