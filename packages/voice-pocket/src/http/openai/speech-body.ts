/** What `POST /v1/audio/speech` takes: https://platform.openai.com/docs/api-reference/audio/createSpeech */
import { z } from '@hono/zod-openapi'
import { FORMAT_NAMES } from '../../audio/formats/index.ts'

import { checkMarkup, textField } from '../../messages.ts'
import { inputTypeField, MAX_INSTRUCTIONS, requestOptions } from '../../request-options.ts'

import { HttpProblem } from '../errors.ts'
import { OPENAI_MODELS, OPENAI_VOICES } from './names.ts'

const SPEED = { min: 0.25, max: 4, error: 'must be a number from 0.25 to 4' } as const
const VOICE_RULE = 'must be the name of a voice, or an object with its name as id'
export const STREAM_FORMATS = ['audio', 'sse'] as const

/** Fields that others have added to OpenAI's are ignored, as its clients send whatever some server knows. */
export function speechBody(maxTextLength: number) {
  return z
    .object({
      model: z.string().meta({
        description: 'One of OpenAI’s names, for whichever engine comes first, or the name of an engine.',
        example: OPENAI_MODELS[0],
      }),
      input: textField(maxTextLength),
      voice: z
        .union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)], { error: voiceRule })
        .meta({
          description: 'One of OpenAI’s names, a voice of an engine, or the e-mail of whoever’s voice it is.',
          example: OPENAI_VOICES[0],
        }),
      response_format: oneOf(FORMAT_NAMES).nullish().meta({ description: '`mp3` unless told.' }),
      speed: z.number(SPEED).min(SPEED.min, SPEED).max(SPEED.max, SPEED).nullish().meta({
        description: '1 is normal. An engine that has less comes as near as it can.',
      }),
      instructions: z.string().max(MAX_INSTRUCTIONS).nullish().meta({
        description: 'How to speak, in words, for engines that follow them; the others do without.',
      }),
      priority: requestOptions.priority.unwrap().nullish().meta({
        description: 'Not of OpenAI: how urgent it is, as in `POST /v1/speech`.',
      }),
      input_type: inputTypeField.unwrap().nullish().meta({
        description: 'Not of OpenAI: `ssml` when `input` is SSML, as in `POST /v1/speech`.',
      }),
      stream_format: oneOf(STREAM_FORMATS).nullish().meta({
        description: '`audio` unless told: the file as it grows; `sse`: events with pieces of it in base64.',
      }),
    })
    .superRefine(({ input, input_type: inputType }, context) =>
      checkMarkup({ text: input, input_type: inputType ?? undefined, field: 'input' }, context),
    )
    .openapi('OpenAiSpeechRequest')
}

function oneOf<const Name extends string>(names: readonly Name[]) {
  return z.enum(names, { error: `must be one of ${names.join(', ')}` })
}

/** A voice that is not there at all is told of as other fields are. */
function voiceRule({ input }: { readonly input?: unknown }): string | undefined {
  return input === undefined ? undefined : VOICE_RULE
}

export type SpeechBody = z.output<ReturnType<typeof speechBody>>

/** The first thing that is wrong, in OpenAI's words for it. */
export function refuseBody(result: { success: boolean; error?: z.ZodError; data?: unknown }): undefined {
  const issue = result.error?.issues[0]
  if (result.success || issue === undefined) return
  const param = issue.path.join('.')
  const { code, detail } = inOpenAiWords(issue, param)
  throw new HttpProblem(400, code, detail, {
    errors: [{ pointer: issue.path.map((part) => `/${String(part)}`).join(''), detail }],
  })
}

function inOpenAiWords(issue: z.core.$ZodIssue, param: string): { code: string; detail: string } {
  const quoted = param === '' ? 'the body' : `'${param}'`
  if (isMissing(issue)) {
    return { code: 'missing_required_parameter', detail: `Missing required parameter: ${quoted}.` }
  }
  const detail = `Invalid value for ${quoted}: ${issue.message.replace(/^Invalid input: /, '')}.`
  return { code: codeOf(issue), detail }
}

/** Where a field may be one of several things, each of them misses it. */
function isMissing(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_union') return issue.errors.flat().some(isMissing)
  return issue.code === 'invalid_type' && /received undefined$/.test(issue.message)
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return 'decimal_above_max_value'
    case 'too_small':
      return 'decimal_below_min_value'
    case 'invalid_type':
    case 'invalid_union':
      return 'invalid_type'
    case 'custom':
      return issue.params?.reason === 'text_too_long' ? 'string_above_max_length' : 'invalid_value'
    default:
      return 'invalid_value'
  }
}
