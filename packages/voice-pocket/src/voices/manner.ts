import type { EngineCapabilities } from '../engines/engine.ts'
import type { SpeechOptions } from '../request-options.ts'
import type { Manner } from '../text/manuscript.ts'
import { DEFAULT_VOICE, type Voice } from './voice.ts'

const NUMBERS = ['rate', 'pitch', 'range', 'volume'] as const

/** One manner within another: its numbers are relative to those around it. */
export function combined(outer: SpeechOptions, inner: Manner): SpeechOptions {
  const both = NUMBERS.filter((key) => outer[key] !== undefined && inner[key] !== undefined)
  return {
    ...outer,
    ...inner,
    ...Object.fromEntries(both.map((key) => [key, product(outer[key], inner[key])])),
  }
}

/** To ten thousandths, so that half of the double is what it was. */
function product(one = 1, other = 1): number {
  return Math.round(one * other * 10_000) / 10_000
}

/**
 * How a voice says one text. Numbers of a request are relative to the voice's own: 1 is how this person speaks, also
 * where that is slow for the engine. Somebody's voice is taken as far as the engine goes; what a request asks for
 * beyond that is for the engine to refuse. A request that names a voice of the engine gets that one instead. What is
 * said of it in words is left out where the engine does not follow words.
 */
export function inManner(
  own: Voice,
  { voice: name, instructions, ...wanted }: SpeechOptions,
  capabilities: Pick<EngineCapabilities, (typeof NUMBERS)[number] | 'instructions'>,
): Voice {
  const voice = name === undefined ? own : { ...DEFAULT_VOICE, name }
  const numbers = NUMBERS.map((key) => {
    const { min, max } = capabilities[key]
    const relative = wanted[key] ?? 1
    const isPossible = relative >= min && relative <= max
    const value = voice[key] * relative
    return [key, isPossible ? Math.min(max, Math.max(min, value)) : relative]
  })
  const inWords = capabilities.instructions && instructions !== undefined && { instructions }
  return { ...voice, ...Object.fromEntries(numbers), ...inWords }
}
