/** How long a `break` is: https://www.w3.org/TR/speech-synthesis11/#S3.2.3 */
import { MarkupError } from '../../exceptions.ts'

/** Longer ones are more often a slip of the unit than meant. */
const MAX_BREAK_MS = 10_000

/** Exactly so long, whatever the rate. */
const STRENGTHS: Readonly<Record<string, number>> = {
  none: 0,
  'x-weak': 75,
  weak: 150,
  medium: 350,
  strong: 700,
  'x-strong': 1200,
}

/** @throws MarkupError, which says the rule */
export function breakStrength(written: string): number {
  const ms = Object.hasOwn(STRENGTHS, written) ? STRENGTHS[written] : undefined
  if (ms !== undefined) return ms
  throw new MarkupError(`must be one of ${Object.keys(STRENGTHS).join(', ')}`)
}

/** @throws MarkupError, which says the rule */
export function breakTime(written: string): number {
  const { value, unit } =
    /^\+?(?<value>\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})(?<unit>ms|s)$/u.exec(written)?.groups ?? {}
  if (value === undefined) throw new MarkupError('must be a time such as 500ms or 1.5s')
  const ms = Number(value) * (unit === 's' ? 1000 : 1)
  if (ms <= MAX_BREAK_MS) return ms
  throw new MarkupError(`must be at most ${MAX_BREAK_MS / 1000}s; put several breaks one behind the other`)
}
