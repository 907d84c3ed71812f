/** The routes of `/v1/speech`: what they take and give. What they do is SpeechService. */
import { randomUUID } from 'node:crypto'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { GuardedSpeech } from '../../access/guarded-speech.ts'
import { checkAddresses, checkMarkup, speechFields, toSpeechRequest, uuidField } from '../../messages.ts'
import { hasEnded, type SpeechStatus } from '../../speech-service.ts'
import { eventStream, type ServerEvent } from '../event-stream.ts'
import { json, problem } from './answers.ts'

export interface SpeechRouteOptions {
  /** The service as the caller of this request may use it. */
  speech(context: Context): GuardedSpeech
  readonly maxTextLength: number
  /** Put before the paths of links; empty for paths alone. */
  readonly publicUrl: string
  /** Ends the event streams. */
  readonly stopping: AbortSignal
}

/** The id of the last event of a stream: an EventSource that comes back with it needs to hear nothing more. */
const LAST_EVENT = 'end'

const linksSchema = z
  .object({ self: z.string(), events: z.string(), audio: z.string(), captions: z.string() })
  .openapi('Links')
const acceptedSchema = z
  .object({ uuid: z.string(), task_id: z.string(), links: linksSchema })
  .openapi('AcceptedSpeech')
const statusSchema = z
  .object({
    uuid: z.string(),
    task_id: z.string(),
    state: z.string().meta({
      description: 'PENDING, STARTED, PROGRESS, RETRY, SUCCESS, FAILURE or REVOKED',
      example: 'PROGRESS',
    }),
    progress: z.object({ done: z.int(), total: z.int() }).nullable().meta({ description: 'Sentences.' }),
    result: z.string().nullable().meta({ description: 'Key of the audio in the storage.' }),
    error: z.object({ title: z.string(), detail: z.string() }).nullable(),
    links: linksSchema,
  })
  .openapi('Speech')

const params = z.object({ uuid: uuidField })
const unknown = problem('Nobody asked for this uuid, or it has been forgotten.')
const tags = ['speech']

export function speechBody(maxTextLength: number) {
  return z
    .strictObject({
      type: z.literal('ETL').optional(),
      uuid: uuidField.optional(),
      ...speechFields(maxTextLength),
    })
    .superRefine(checkAddresses)
    .superRefine(checkMarkup)
    .openapi('SpeechRequest')
}

const statusRoute = createRoute({
  method: 'get',
  path: '/v1/speech/{uuid}',
  summary: 'State, progress, result or error of a request',
  tags,
  request: { params },
  responses: { 200: json(statusSchema, 'What is true now.'), 404: unknown },
})

const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/speech/{uuid}/events',
  summary: 'The same, as server-sent events until the request has ended',
  description: 'Each event `status` has the JSON of `GET /v1/speech/{uuid}`; the last one is called `done`.',
  tags,
  request: { params },
  responses: {
    200: { description: 'A stream of events.', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'To a client that has heard `done` already (`Last-Event-ID: end`).' },
    404: unknown,
  },
})

const cancelRoute = createRoute({
  method: 'delete',
  path: '/v1/speech/{uuid}',
  summary: 'Cancels a request; one that has ended stays as it is',
  tags,
  request: { params },
  responses: {
    200: json(statusSchema, 'It had ended already.'),
    202: json(statusSchema, 'The workers have been told; the state becomes REVOKED when they did it.'),
    404: unknown,
  },
})

export function addSpeechRoutes(app: OpenAPIHono, options: SpeechRouteOptions): void {
  const { speech, stopping } = options
  const links = (uuid: string) => linksTo(uuid, options.publicUrl)
  const asJson = (status: SpeechStatus) => statusJson(status, links(status.uuid))

  app.openapi(createSpeechRoute(options.maxTextLength), async (context) => {
    const { uuid = randomUUID(), ...body } = context.req.valid('json')
    const { taskId, created } = await speech(context).request(toSpeechRequest({ ...body, uuid }))
    context.header('Location', links(uuid).self)
    return context.json({ uuid, task_id: taskId, links: links(uuid) }, created ? 202 : 200)
  })

  app.openapi(statusRoute, async (context) => {
    const status = await speech(context).status(context.req.valid('param').uuid)
    context.header('Cache-Control', 'no-store')
    return context.json(asJson(status), 200)
  })

  app.openapi(eventsRoute, async (context) => {
    const { uuid } = context.req.valid('param')
    await speech(context).status(uuid)
    if (context.req.header('last-event-id') === LAST_EVENT) return context.body(null, 204)
    const gone = new AbortController()
    const statuses = await speech(context).watch(uuid, AbortSignal.any([gone.signal, stopping]))
    return eventStream(asEvents(statuses, asJson), () => gone.abort())
  })

  app.openapi(cancelRoute, async (context) => {
    const { uuid } = context.req.valid('param')
    const before = await speech(context).cancel(uuid)
    return hasEnded(before)
      ? context.json(asJson(before), 200)
      : context.json(asJson(await speech(context).status(uuid)), 202)
  })
}

function createSpeechRoute(maxTextLength: number) {
  return createRoute({
    method: 'post',
    path: '/v1/speech',
    summary: 'Asks for a text to be spoken',
    description:
      'The same JSON as the message on the input queue. Without a `uuid` one is made. The same `uuid` again starts nothing ' +
      'new: the answer is 200 with the task of the first time, whatever else the body says.',
    tags,
    request: {
      body: { required: true, content: { 'application/json': { schema: speechBody(maxTextLength) } } },
    },
    responses: {
      200: json(acceptedSchema, 'This uuid was asked for before.'),
      202: json(acceptedSchema, 'Accepted; `Location` is where to look.'),
      400: problem('The body is not JSON.'),
      409: problem('The uuid cannot be used: its key in the index belongs to something else.'),
      413: problem('The body is too large.'),
      415: problem('The body is not `application/json`.'),
      422: problem('A field is missing or wrong; `errors` says which.'),
      403: problem('The caller may not act for `requestFrom`, or not ask for so high a `priority`.'),
      503: problem('The broker or the index is away.'),
    },
  })
}

async function* asEvents(
  statuses: AsyncIterable<SpeechStatus>,
  asJson: (status: SpeechStatus) => unknown,
): AsyncGenerator<ServerEvent> {
  for await (const status of statuses) {
    const data = asJson(status)
    yield hasEnded(status) ? { event: 'done', id: LAST_EVENT, data } : { event: 'status', data }
  }
}

function linksTo(uuid: string, publicUrl: string) {
  const self = `${publicUrl}/v1/speech/${uuid}`
  return { self, events: `${self}/events`, audio: `${self}/audio`, captions: `${self}/captions` }
}

function statusJson(status: SpeechStatus, links: ReturnType<typeof linksTo>): z.output<typeof statusSchema> {
  const { uuid, taskId, state, progress = null, key = null, error = null } = status
  return { uuid, task_id: taskId, state, progress, result: key, error, links }
}
