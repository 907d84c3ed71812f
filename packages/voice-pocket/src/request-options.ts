/** What a request may say besides its text and whom it is about, field by field. */
import { z } from 'zod'
import { DEFAULT_PRIORITY, HIGHEST_PRIORITY, LOWEST_PRIORITY } from './priority.ts'
import { INPUT_TYPES } from './text/input-type.ts'

/** As OpenAI has it. */
export const MAX_INSTRUCTIONS = 4096
const INSTRUCTIONS_RULE = { error: `must be words, at most ${MAX_INSTRUCTIONS} characters` }

/** How to speak, by the names of the Web Speech API; whatever is left out is the voice's own way. */
export const speechOptions = {
  language: z
    .string()
    .overwrite((tag) => tag.toLowerCase())
    .regex(/^[a-z]{2,3}(-[a-z0-9]{1,8})*$/, { error: 'must be a language tag such as ko or en-us' })
    .optional()
    .meta({ description: "Language tag; without it the text's script decides.", example: 'ko' }),
  voice: z
    .string()
    .regex(/^[^\s\p{C}]{1,100}$/u, {
      error: 'must be the name of a voice: 1 to 100 characters without blanks',
    })
    .optional()
    .meta({ description: "One of the engine's voices, instead of its own choice.", example: 'f2' }),
  engine: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,99}$/, { error: 'must be the name of an engine such as espeak' })
    .optional()
    .meta({ description: 'One of GET /v1/engines, and no other.', example: 'espeak' }),
  normalize: z.boolean({ error: 'must be true or false' }).optional().meta({
    description:
      'Whether numbers, units, signs and addresses are written out as words first, as people read them; true unless given.',
    example: true,
  }),
  instructions: z
    .string()
    .regex(/^(?=.*\S)[^\p{Cs}]*$/su, INSTRUCTIONS_RULE)
    .max(MAX_INSTRUCTIONS, INSTRUCTIONS_RULE)
    .optional()
    .meta({
      description: 'How to speak, in words, for engines that follow them; the others do without.',
      example: 'Calm and warm, like a late-night radio host.',
    }),
  rate: bounded(0.25, 4, '1 is normal, 2 twice as fast.'),
  pitch: bounded(0, 2, '1 is normal, 0 the lowest, 2 the highest.'),
  range: bounded(0, 2, 'How much the melody moves: 1 is normal, 0 monotone, 2 the liveliest.'),
  volume: bounded(0, 1, '1 is full loudness, 0 silence.'),
}

type OptionFields = z.output<z.ZodObject<typeof speechOptions>>
const PRIORITY_RULE = `must be a whole number from ${LOWEST_PRIORITY} to ${HIGHEST_PRIORITY}`

/** What the text is written in, by its name on the wire. */
export const inputTypeField = z
  .enum(INPUT_TYPES, { error: `must be one of ${INPUT_TYPES.join(', ')}` })
  .optional()
  .meta({
    description: '`ssml` when the text is SSML; `text`, in which no markup means anything, unless given.',
    example: 'text',
  })

/** What a request may say besides the text and whom it is about: how to read and speak it, and how urgent it is. */
export const requestOptions = {
  ...speechOptions,
  input_type: inputTypeField,
  priority: z
    .int({ error: PRIORITY_RULE })
    .min(LOWEST_PRIORITY, { error: PRIORITY_RULE })
    .max(HIGHEST_PRIORITY, { error: PRIORITY_RULE })
    .optional()
    .meta({
      description: `How urgent it is: ${HIGHEST_PRIORITY} before everything else, ${DEFAULT_PRIORITY} unless given.`,
      example: DEFAULT_PRIORITY,
    }),
}

export type RequestFields = z.output<z.ZodObject<typeof requestOptions>>

/** Only what was given is there at all. */
export type SpeechOptions = { readonly [Name in keyof OptionFields]?: NonNullable<OptionFields[Name]> }

/** Of all fields of a request, those that say how to speak. */
export function speechOptionsOf(fields: OptionFields): SpeechOptions {
  const given = Object.entries(fields).filter(
    ([name, value]) => Object.hasOwn(speechOptions, name) && value !== undefined,
  )
  return Object.fromEntries(given)
}

function bounded(min: number, max: number, description: string) {
  const error = `must be a number from ${min} to ${max}`
  return z
    .number({ error })
    .min(min, { error })
    .max(max, { error })
    .optional()
    .meta({ description, example: 1 })
}
