/** Which voices and models there are, for clients that show them. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { callerOf } from '../caller.ts'
import { openAiError } from './answers.ts'
import { type Catalogue, emailOf, modelNotFound } from './catalogue.ts'

const tags = ['openai']
/** When a model was made is for its makers to know; OpenAI's clients want a time. */
const CREATED = Date.UTC(2026, 10, 1) / 1000

const voiceSchema = z.object({ id: z.string(), name: z.string() })
const modelSchema = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().meta({ description: 'Always the same.' }),
    owned_by: z.string(),
  })
  .openapi('OpenAiModel')
const unauthenticated = { 401: openAiError('Nobody knows who asks.') }

const voicesRoute = createRoute({
  method: 'get',
  path: '/v1/audio/voices',
  summary: 'The voices that `POST /v1/audio/speech` takes',
  description: 'With the voices of people that the caller may use, by their e-mails.',
  tags,
  request: {
    query: z.object({
      model: z.string().optional().meta({ description: 'Only what this model has.' }),
      legacy: z.enum(['true', 'false']).optional().meta({ description: '`true` for names alone.' }),
    }),
  },
  responses: {
    200: {
      description: 'All of them.',
      content: {
        'application/json': {
          schema: z.object({ voices: z.union([z.array(voiceSchema), z.array(z.string())]) }),
        },
      },
    },
    ...unauthenticated,
    404: openAiError('There is no such model.'),
  },
})

const modelsRoute = createRoute({
  method: 'get',
  path: '/v1/models',
  summary: 'OpenAI’s names for models, and the engines of this service',
  tags,
  responses: {
    200: {
      description: 'All of them.',
      content: {
        'application/json': { schema: z.object({ object: z.literal('list'), data: z.array(modelSchema) }) },
      },
    },
    ...unauthenticated,
  },
})

const modelRoute = createRoute({
  method: 'get',
  path: '/v1/models/{id}',
  summary: 'One of them',
  tags,
  request: { params: z.object({ id: z.string().meta({ example: 'tts-1' }) }) },
  responses: {
    200: { description: 'It is there.', content: { 'application/json': { schema: modelSchema } } },
    ...unauthenticated,
    404: openAiError('There is no such model.'),
  },
})

export function addLists(app: OpenAPIHono, catalogue: Catalogue, defaultEmail: string): void {
  app.openapi(voicesRoute, async (context) => {
    const { model, legacy } = context.req.valid('query')
    const voices = [...(await catalogue.voices(emailOf(callerOf(context), defaultEmail), model))]
    return context.json({ voices: legacy === 'true' ? voices.map(({ id }) => id) : voices }, 200)
  })

  app.openapi(modelsRoute, async (context) => {
    const data = (await catalogue.models()).map(asModel)
    return context.json({ object: 'list' as const, data }, 200)
  })

  app.openapi(modelRoute, async (context) => {
    const { id } = context.req.valid('param')
    if (!(await catalogue.models()).includes(id)) throw modelNotFound(id)
    return context.json(asModel(id), 200)
  })
}

function asModel(id: string) {
  return { id, object: 'model' as const, created: CREATED, owned_by: 'voice-pocket' }
}
