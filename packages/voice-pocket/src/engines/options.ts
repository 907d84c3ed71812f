/** How the options of our own engines are read, and what they share. */
import * as z from 'zod'
import { ConfigError } from '../exceptions.ts'

/** BCP 47 in lower case; what is spoken when nobody says otherwise. */
export const languagesOption = z
  .array(
    z.string().regex(/^[a-z]{2,3}(-[a-z0-9]{1,8})*$/, 'must be a language tag in lower case, such as ko'),
  )
  .min(1)
export const voicesOption = z.array(z.string().regex(/^[^\s\p{C}]{1,100}$/u, 'must be a name without blanks'))
export const sampleRateOption = z.int().min(8000).max(96_000)

/** All that is wrong, in one ConfigError; values are not repeated, as one of them may be a key. */
export function readOptions<Schema extends z.ZodType>(
  engine: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  )
  throw new ConfigError(
    `The options of the engine ${engine} are wrong: ${problems.join('; ')}. ` +
      `Correct VOICE_POCKET_ENGINE_SETTINGS; engines.md has an example.`,
  )
}
