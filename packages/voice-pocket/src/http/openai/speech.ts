/** `POST /v1/audio/speech`: the sound as it is made, in one file or as events. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Logger } from '@voice-pocket/celery'
import type { Context } from 'hono'
import type { GuardedSpeech } from '../../access/guarded-speech.ts'
import type { Encoding } from '../../audio/encode.ts'
import { audioFormat, type FormatName } from '../../audio/formats/index.ts'
import type { Sound } from '../../audio/sound.ts'
import { SpeechGoneError } from '../../exceptions.ts'
import { toSpeechRequest } from '../../messages.ts'
import { callerOf } from '../caller.ts'
import { liveResponse } from '../routes/speech-audio.ts'
import { openAiError, requestIdOf } from './answers.ts'
import { type Catalogue, emailOf } from './catalogue.ts'
import { whySilent } from './failure.ts'
import { refuseBody, type SpeechBody, speechBody } from './speech-body.ts'
import { speechEvents } from './speech-events.ts'

export interface OpenAiSpeechOptions {
  /** The service as the caller of this request may use it. */
  speech(context: Context): GuardedSpeech
  readonly catalogue: Catalogue
  /** In whose name is asked when nothing tells who the caller is. */
  readonly defaultEmail: string
  readonly maxTextLength: number
  readonly logger: Pick<Logger, 'warn'>
}

/** Without a header, so that whoever plays it must know the rate: OpenAI's is this one. */
const PCM_RATE = 24_000

const AUDIO_CONTENT = Object.fromEntries(
  ['audio/mpeg', 'audio/ogg', 'audio/aac', 'audio/flac', 'audio/wav', 'audio/pcm'].map((type) => [
    type,
    { schema: z.string().openapi({ format: 'binary' }) },
  ]),
)

export function addSpeechRoute(app: OpenAPIHono, options: OpenAiSpeechOptions): void {
  const route = speechRoute(options.maxTextLength)
  app.openapi(
    route,
    (context) => answer(context, context.req.valid('json'), options),
    (result) => refuseBody(result),
  )
}

async function answer(context: Context, body: SpeechBody, options: OpenAiSpeechOptions): Promise<Response> {
  const { model, voice, speed, input, priority, instructions } = body
  const manner = await options.catalogue.find({ model, voice, speed: speed ?? undefined })
  const requestFrom = emailOf(callerOf(context), options.defaultEmail)
  const requestTo = manner.person ?? requestFrom
  const uuid = requestIdOf(context)
  const service = options.speech(context)
  const more = {
    priority: priority ?? undefined,
    instructions: instructions?.trim() || undefined,
    input_type: body.input_type ?? undefined,
  }
  await service.request(
    toSpeechRequest({ uuid, requestFrom, requestTo, text: input, ...manner.options, ...more }),
  )
  const left = cancelWhenLeft(context, service, uuid, options.logger)
  const sound = await heard(service, uuid, left.signal)
  const encoding = await encodingOf(body.response_format ?? 'mp3')
  return body.stream_format === 'sse'
    ? speechEvents({ sound, encoding, left, input, explain: (error) => whySilent(service, uuid, error) })
    : liveResponse(uuid, sound, encoding, left)
}

/** Nobody else waits for this speech: when the client goes, it need not be made. */
function cancelWhenLeft(
  { req }: Context,
  service: Pick<GuardedSpeech, 'cancel'>,
  uuid: string,
  logger: Pick<Logger, 'warn'>,
): AbortController {
  const left = new AbortController()
  const cancel = () => {
    service.cancel(uuid).catch((error: unknown) => logger.warn({ err: error, uuid }, 'not cancelled'))
  }
  left.signal.addEventListener('abort', cancel, { once: true })
  const leave = () => left.abort(req.raw.signal.reason)
  if (req.raw.signal.aborted) leave()
  else req.raw.signal.addEventListener('abort', leave, { once: true })
  return left
}

async function heard(service: GuardedSpeech, uuid: string, signal: AbortSignal): Promise<Sound> {
  try {
    return await service.follow(uuid, signal)
  } catch (error) {
    throw error instanceof SpeechGoneError ? await whySilent(service, uuid, error) : error
  }
}

async function encodingOf(name: FormatName): Promise<Encoding> {
  const format = await audioFormat(name)
  return name === 'pcm' ? { format, sampleRate: PCM_RATE } : { format }
}

function speechRoute(maxTextLength: number) {
  return createRoute({
    method: 'post',
    path: '/v1/audio/speech',
    summary: 'OpenAI’s way to ask for speech: the answer is the sound, from its first sentence on',
    description:
      'Goes through the same queue as every request; `x-request-id` is its uuid. A client that goes away cancels it.',
    tags: ['openai'],
    request: {
      body: { required: true, content: { 'application/json': { schema: speechBody(maxTextLength) } } },
    },
    responses: {
      200: {
        description: 'The sound while it is made, or events with pieces of it.',
        content: { ...AUDIO_CONTENT, 'text/event-stream': { schema: z.string() } },
      },
      400: openAiError('The body is not JSON, or a field is missing or wrong; `param` says which.'),
      401: openAiError('Nobody knows who asks.'),
      403: openAiError('The caller may not use this voice.'),
      404: openAiError('There is no such model.'),
      413: openAiError('The body is too large.'),
      415: openAiError('The body is not `application/json`.'),
      429: openAiError('The quota is used up; `Retry-After` says until when.'),
      500: openAiError('It could not be spoken.'),
      503: openAiError('A part of the service is away.'),
    },
  })
}
