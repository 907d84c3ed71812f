/** The routes of `/v1/voices`: what they take and give. What they do is VoiceService. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { assertMayActFor, mayActFor } from '../../access/access.ts'
import { emailField } from '../../messages.ts'
import { defaultsField, nameField, transcriptField } from '../../voices/enrolled-voice.ts'
import type { VoiceChanges, VoiceService } from '../../voices/voice-service.ts'
import { callerOf } from '../caller.ts'
import { receiveUpload, type UploadLimits } from '../upload.ts'
import { json, problem } from './answers.ts'
import { enrolmentForm, readEnrolment } from './voice-form.ts'
import { deletedSchema, usesSchema, voiceJson, voiceSchema } from './voice-json.ts'

export interface VoiceRouteOptions {
  readonly voices: VoiceService
  readonly uploads: UploadLimits
  /** Put before the paths of links; empty for paths alone. */
  readonly publicUrl: string
}

const params = z.object({ email: emailField })
const grantParams = z.object({ email: emailField, other: emailField })
const tags = ['voices']
const forbidden = problem('The caller may not act for this address.')
const unknown = problem('Nobody enrolled a voice for this address.')
const unavailable = problem('The records or the storage are away.')
const usual = { 403: forbidden, 404: unknown, 503: unavailable }

export const voiceChanges = z
  .strictObject({
    name: nameField.optional(),
    transcript: transcriptField.optional(),
    defaults: defaultsField.optional(),
  })
  .openapi('VoiceChanges')

const enrolRoute = createRoute({
  method: 'post',
  path: '/v1/voices',
  summary: 'Enrols a voice: recordings, and the consent of whoever speaks in them',
  description:
    'WAV, MP3, FLAC, Ogg or WebM with Opus, or M4A; each 1 to 120 seconds. The body is read to the disk as it comes in, and no ' +
    'further than the limits. What is wrong with a recording is said so that whoever recorded it knows what to do.',
  tags,
  request: { body: { required: true, content: { 'multipart/form-data': { schema: enrolmentForm } } } },
  responses: {
    201: json(voiceSchema, 'Enrolled; `Location` is where it is.'),
    400: problem('The form cannot be read.'),
    403: forbidden,
    409: problem('There is a voice already, or it is being enrolled or deleted.'),
    413: problem('A recording, or all of it, is too large.'),
    415: problem('It is no form with files, or a recording is in no format that is known.'),
    422: problem('A field is missing or wrong, or a recording is not good enough.'),
    503: unavailable,
  },
})

const listRoute = createRoute({
  method: 'get',
  path: '/v1/voices',
  summary: 'The voices that the caller may act for',
  tags,
  responses: { 200: json(z.object({ voices: z.array(voiceSchema) }), 'By address.'), 503: unavailable },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/voices/{email}',
  summary: 'A voice: its consent, recordings, grants, and what was measured',
  tags,
  request: { params },
  responses: { 200: json(voiceSchema, 'The voice.'), ...usual },
})

const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/voices/{email}',
  summary: 'Changes the name, the transcript, or how it speaks unless a request says otherwise',
  tags,
  request: { params, body: { required: true, content: { 'application/json': { schema: voiceChanges } } } },
  responses: {
    200: json(voiceSchema, 'As it is now.'),
    400: problem('The body is not JSON.'),
    415: problem('The body is not `application/json`.'),
    422: problem('A field is wrong; `errors` says which.'),
    ...usual,
  },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/voices/{email}',
  summary: 'Deletes recordings, what was made of them, grants, consent and the log; says what speech stays',
  tags,
  request: { params },
  responses: { 200: json(deletedSchema, 'Deleted.'), ...usual },
})

const usesRoute = createRoute({
  method: 'get',
  path: '/v1/voices/{email}/uses',
  summary: 'Who spoke with the voice, and who was refused; the newest first',
  tags,
  request: { params },
  responses: { 200: json(usesSchema, 'At most 1,000 of each.'), ...usual },
})

const grantRoute = createRoute({
  method: 'put',
  path: '/v1/voices/{email}/grants/{other}',
  summary: 'Lets somebody else speak with the voice; twice is fine',
  tags,
  request: { params: grantParams },
  responses: {
    200: json(voiceSchema, 'As it is now.'),
    409: problem('There are 1,000 grants already.'),
    ...usual,
  },
})

const revokeRoute = createRoute({
  method: 'delete',
  path: '/v1/voices/{email}/grants/{other}',
  summary: 'From the next request on, also of those that wait already; twice is fine',
  tags,
  request: { params: grantParams },
  responses: { 200: json(voiceSchema, 'As it is now.'), ...usual },
})

export function addVoiceRoutes(app: OpenAPIHono, { voices, uploads, publicUrl }: VoiceRouteOptions): void {
  const { registry } = voices

  // Not `app.openapi`, which would have the whole form in memory to look at it.
  app.openAPIRegistry.registerPath(enrolRoute)
  app.post(enrolRoute.path, async (context) => {
    await using upload = await receiveUpload(context.req.raw, uploads)
    const enrolment = readEnrolment(upload)
    const { voice } = await voices.enrol({
      ...enrolment,
      email: ownerOf(context, enrolment),
      enteredBy: callerOf(context).id,
    })
    context.header('Location', `${publicUrl}/v1/voices/${encodeURIComponent(voice.email)}`)
    return context.json(voiceJson(voice), 201)
  })

  app.openapi(listRoute, async (context) => {
    const caller = callerOf(context)
    const own = (await registry.list()).filter(({ email }) => mayActFor(caller, email))
    return context.json({ voices: own.map(voiceJson) }, 200)
  })

  app.openapi(getRoute, async (context) => {
    const email = ownerOf(context, context.req.valid('param'))
    return context.json(voiceJson(await registry.get(email)), 200)
  })

  app.openapi(changeRoute, async (context) => {
    const email = ownerOf(context, context.req.valid('param'))
    const changes = context.req.valid('json') as VoiceChanges // of what JSON has, nothing is undefined
    return context.json(voiceJson(await voices.change(email, changes)), 200)
  })

  app.openapi(deleteRoute, async (context) => {
    const { speech, ...deleted } = await voices.delete(ownerOf(context, context.req.valid('param')))
    return context.json({ ...deleted, speech: [...speech] }, 200)
  })

  app.openapi(usesRoute, async (context) => {
    const email = ownerOf(context, context.req.valid('param'))
    await registry.get(email)
    return context.json(await registry.uses(email), 200)
  })

  app.openapi(grantRoute, async (context) => {
    const { other, ...param } = context.req.valid('param')
    return context.json(voiceJson(await registry.grant(ownerOf(context, param), other)), 200)
  })

  app.openapi(revokeRoute, async (context) => {
    const { other, ...param } = context.req.valid('param')
    return context.json(voiceJson(await registry.revoke(ownerOf(context, param), other)), 200)
  })
}

/** The one place that asks whether the caller may do something with the voice of this address. */
function ownerOf(context: Context, { email }: { readonly email: string }): string {
  assertMayActFor(callerOf(context), email)
  return email
}
