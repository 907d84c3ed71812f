import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { ConfigError } from '../../exceptions.ts'
import { languagesOption, readOptions, sampleRateOption, voicesOption } from '../options.ts'

/** Languages that OpenAI's own models speak, and most others that are served in this form. */
const LANGUAGES = [
  'en',
  'ko',
  'ja',
  'zh',
  'de',
  'es',
  'fr',
  'hi',
  'id',
  'it',
  'nl',
  'pl',
  'pt',
  'ru',
  'tr',
  'vi',
]
const VOICES = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'fable',
  'nova',
  'onyx',
  'sage',
  'shimmer',
  'verse',
]

const schema = z.strictObject({
  /** What stands before `/audio/speech`. */
  baseUrl: z.url({ protocol: /^https?$/, error: 'must be a URL that begins with http: or https:' }),
  apiKey: z.string().min(1).optional(),
  apiKeyFile: z.string().min(1).optional(),
  model: z.string().min(1).default('gpt-4o-mini-tts'),
  voices: voicesOption.min(1).default(VOICES),
  languages: languagesOption.default(LANGUAGES),
  /** `pcm` is 16 bits, mono, at `pcmSampleRate`. */
  format: z.enum(['wav', 'pcm', 'flac', 'mp3', 'opus']).default('wav'),
  pcmSampleRate: sampleRateOption.default(24_000),
  sampleRate: sampleRateOption.default(24_000),
  /** The name of the field in which the server takes the language; most servers have none. */
  languageField: z.string().min(1).optional(),
  cloning: z.enum(['recording', 'recording-and-transcript']).optional(),
  /** Whether the model follows `instructions`; the oldest of OpenAI's do not. */
  instructions: z.boolean().default(true),
  /** Further fields of the request, as the server has them. */
  extra: z.record(z.string(), z.unknown()).default({}),
  /** Seconds until a request is given up. */
  timeout: z.number().positive().max(3600).default(60),
  /** How often a request is tried again that the server could not serve. */
  retries: z.int().min(0).max(10).default(2),
})

export type OpenAiOptions = Readonly<Omit<z.output<typeof schema>, 'apiKeyFile'>>

/** @throws ConfigError */
export function openAiOptions(options: unknown): OpenAiOptions {
  const { apiKeyFile, ...given } = readOptions('openai', schema, options)
  if (apiKeyFile === undefined) return given
  if (given.apiKey !== undefined) {
    throw new ConfigError('The engine openai has both apiKey and apiKeyFile; leave one of them out.')
  }
  try {
    return { ...given, apiKey: readFileSync(apiKeyFile, 'utf8').trim() }
  } catch (cause) {
    throw new ConfigError(
      `apiKeyFile of the engine openai is ${apiKeyFile}, which cannot be read: ${(cause as Error).message}.`,
      { cause },
    )
  }
}
