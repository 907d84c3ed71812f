/** `POST /v1/text`: what would be said of a text, without saying it. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { assertMayActFor } from '../../access/access.ts'
import { checkMarkup, emailField, textField } from '../../messages.ts'
import { inputTypeField, speechOptions } from '../../request-options.ts'
import { toManuscript } from '../../text/input-type.ts'
import type { Lexicons } from '../../text/lexicons.ts'
import type { Manuscript } from '../../text/manuscript.ts'
import { type Reading, readings } from '../../text/reading.ts'
import type { Place, SpokenText } from '../../text/spoken-text.ts'
import { callerOf } from '../caller.ts'
import { json, problem } from './answers.ts'

/** It is done at once and while others wait, so that it must not take longer than some hundredths of a second. */
const MAX_LENGTH = 20_000

export interface TextRouteOptions {
  readonly lexicons: Lexicons
  readonly maxTextLength: number
  /** Of texts that do not name their own; `undefined` goes by their script. */
  readonly language?: string | undefined
}

const placed = {
  text: z.string(),
  text_start: z.int().meta({ description: 'Where it begins in the text that was sent, in UTF-16 units.' }),
  text_end: z.int(),
}
const readingSchema = z
  .object({
    segments: z.array(
      z.object({
        ...placed,
        language: z.string(),
        spoken: z.string().meta({ description: 'What an engine is given.' }),
        pause: z.enum(['none', 'clause', 'sentence', 'paragraph']).meta({ description: 'Behind it.' }),
        break: z
          .number()
          .optional()
          .meta({ description: 'Behind it instead of the pause, in seconds; as SSML wants it.' }),
        words: z.array(z.object(placed)).meta({ description: 'As they are said, each with its place.' }),
      }),
    ),
  })
  .openapi('ReadText')

export function addTextRoute(
  app: OpenAPIHono,
  { lexicons, maxTextLength, language }: TextRouteOptions,
): void {
  app.openapi(textRoute(Math.min(maxTextLength, MAX_LENGTH)), async (context) => {
    const body = context.req.valid('json')
    const { text, input_type: inputType, email, language: wanted = language, normalize = true } = body
    if (email !== undefined) assertMayActFor(callerOf(context), email)
    const lexicon = await lexicons.lexiconOf(email)
    const options = { lexicon, normalize, ...(wanted !== undefined && { language: wanted }) }
    const manuscript = toManuscript({ text, inputType })
    return context.json(readingsJson(manuscript, readings(manuscript, options)), 200)
  })
}

/** What is only a break or a mark belongs to the segment before it, and is not shown where there is none. */
export function readingsJson({ content }: Manuscript, read: readonly Reading[]) {
  return {
    segments: read.filter(({ spoken }) => spoken.text !== '').map((each) => readingJson(content, each)),
  }
}

function readingJson(content: SpokenText, reading: Reading) {
  const { start, end, spoken, language, pause, breakMs } = reading
  const placed = (one: Place) => {
    const place = content.place(one.start, one.end)
    return { text_start: place.start, text_end: place.end }
  }
  return {
    text: content.text.slice(start, end),
    ...placed(reading),
    language,
    spoken: spoken.text,
    pause,
    ...(breakMs !== undefined && { break: breakMs / 1000 }),
    words: spoken.words().map((word) => ({ text: word.text, ...placed(word) })),
  }
}

function textRoute(maxLength: number) {
  const body = z
    .strictObject({
      text: textField(maxLength),
      input_type: inputTypeField,
      email: emailField.optional(),
      language: speechOptions.language,
      normalize: speechOptions.normalize,
    })
    .superRefine(checkMarkup)
    .openapi('TextRequest')
  return createRoute({
    method: 'post',
    path: '/v1/text',
    summary: 'What would be said of a text: sentences, words, and where each stands in it',
    description: 'With an `email` the lexicon of that voice is used. Nothing is spoken or kept.',
    tags: ['text'],
    request: { body: { required: true, content: { 'application/json': { schema: body } } } },
    responses: {
      200: json(readingSchema, 'Sentence by sentence; what nobody would say is left out.'),
      400: problem('The body is not JSON.'),
      403: problem('The caller may not act for this e-mail.'),
      413: problem('The body is too large.'),
      415: problem('The body is not `application/json`.'),
      422: problem('A field is missing or wrong; `errors` says which.'),
    },
  })
}
