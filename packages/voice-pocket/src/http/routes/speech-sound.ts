/** The routes of what a finished speech is: its sound and its captions. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { GuardedSpeech } from '../../access/guarded-speech.ts'
import { audioFormat, FORMAT_NAMES } from '../../audio/formats/index.ts'
import { uuidField } from '../../messages.ts'
import { CAPTION_FORMATS, CAPTION_TYPES, CAPTION_UNITS, writeCaptions } from '../../speech/captions.ts'
import { keptRate } from '../../speech/encodings.ts'
import { hasEnded } from '../../speech-service.ts'
import { problem } from './answers.ts'
import { audioResponse, liveResponse } from './speech-audio.ts'

const params = z.object({ uuid: uuidField })
const tags = ['speech']
const noSound = {
  404: problem('Nobody asked for this uuid, or it has been forgotten.'),
  409: problem('Not spoken yet; `Retry-After` says when to ask again.'),
  410: problem('The request failed or was cancelled, or the file was deleted.'),
  503: problem('The storage, or another part of the service, is away.'),
}

const placed = {
  text: z.string(),
  start: z.number().meta({ description: 'Seconds from the beginning of the sound.' }),
  end: z.number(),
  text_start: z.int().meta({ description: 'Where it begins in the text that was sent, in UTF-16 units.' }),
  text_end: z.int(),
}
const captionsSchema = z
  .object({
    duration: z.number().meta({ description: 'Seconds.' }),
    sentences: z.array(
      z.object({
        ...placed,
        estimated: z.boolean().meta({ description: 'The engine does not tell when it speaks which word.' }),
        words: z.array(
          z.object({
            ...placed,
            estimated: z.literal(true).optional().meta({
              description: 'Where the engine does not tell when this word begins.',
            }),
          }),
        ),
        phonemes: z.array(z.object({ phoneme: z.string(), start: z.number(), end: z.number() })),
      }),
    ),
    marks: z
      .array(z.object({ name: z.string(), time: z.number(), text_start: z.int() }))
      .meta({ description: 'Of SSML, in the order of time: when each is reached.' }),
  })
  .openapi('Captions')

const audioQuery = z.object({
  format: z.enum(FORMAT_NAMES).optional().meta({ description: 'Kind of file; `wav` unless told.' }),
  sample_rate: z.coerce.number().pipe(z.int().min(8_000).max(48_000)).optional().meta({
    description:
      'In Hz; the engine’s own unless told. Any but the usual rates, and one that the format lacks, is the next above.',
    example: 24_000,
  }),
  follow: z.literal('1').optional().meta({
    description:
      'Do not wait until all is spoken: the sound comes as it is made, from the first sentence on.',
  }),
})

const audioContent = Object.fromEntries(
  ['audio/wav', 'audio/mpeg', 'audio/ogg', 'audio/flac', 'audio/aac', 'audio/pcm'].map((type) => [
    type,
    { schema: z.string().openapi({ format: 'binary' }) },
  ]),
)

const audioRoute = createRoute({
  method: 'get',
  path: '/v1/speech/{uuid}/audio',
  summary: 'The speech as a sound file; byte ranges are supported',
  description: 'What is not WAV is made the first time it is asked for, and kept.',
  tags,
  request: { params, query: audioQuery },
  responses: {
    200: { description: 'All of it.', content: audioContent },
    206: { description: 'The range asked for.', content: audioContent },
    304: { description: 'The caller has it (`If-None-Match`).' },
    307: { description: 'It is at `Location` in the storage, for a while (`VOICE_POCKET_AUDIO_REDIRECT`).' },
    ...noSound,
    416: problem('The range begins after the end.'),
  },
})

const captionsRoute = createRoute({
  method: 'get',
  path: '/v1/speech/{uuid}/captions',
  summary: 'When which word of the text is heard, as JSON, SRT or WebVTT',
  tags,
  request: {
    params,
    query: z.object({
      format: z.enum(CAPTION_FORMATS).optional().meta({ description: '`json` unless told.' }),
      unit: z.enum(CAPTION_UNITS).optional().meta({
        description: 'What one caption of SRT or WebVTT shows; `sentence` unless told.',
      }),
    }),
  },
  responses: {
    200: {
      description: 'Times in the sound; words and places are those of the text that was sent.',
      content: {
        'application/json': { schema: captionsSchema },
        'text/vtt': { schema: z.string() },
        'application/x-subrip': { schema: z.string() },
      },
    },
    ...noSound,
  },
})

export function addSpeechSoundRoutes(app: OpenAPIHono, speech: (context: Context) => GuardedSpeech): void {
  app.openapi(audioRoute, async (context) => {
    const service = speech(context)
    const { uuid } = context.req.valid('param')
    const { format = 'wav', sample_rate: sampleRate, follow } = context.req.valid('query')
    const wanted = { format, ...(sampleRate !== undefined && { sampleRate: keptRate(sampleRate) }) }
    if (follow === undefined || hasEnded(await service.status(uuid))) {
      return audioResponse(uuid, await service.audio(uuid, wanted), context.req.raw)
    }
    const left = new AbortController()
    const sound = await service.follow(uuid, AbortSignal.any([left.signal, context.req.raw.signal]))
    return liveResponse(uuid, sound, { ...wanted, format: await audioFormat(format) }, left)
  })

  app.openapi(captionsRoute, async (context) => {
    const { uuid } = context.req.valid('param')
    const { format = 'json', unit = 'sentence' } = context.req.valid('query')
    const captions = writeCaptions(await speech(context).timeline(uuid), format, unit)
    return new Response(captions, { headers: { 'Content-Type': CAPTION_TYPES[format] } })
  })
}
