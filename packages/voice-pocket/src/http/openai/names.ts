/** Names that clients of OpenAI's API have in fixed lists, and what stands for them here. */

/** Each stands for the engines of this service, in their order. */
export const OPENAI_MODELS = [
  'tts-1',
  'tts-1-hd',
  'gpt-4o-mini-tts',
  'gpt-4o-mini-tts-2025-03-20',
  'gpt-4o-mini-tts-2025-12-15',
] as const

/** OpenAI's voices, and the variant of the embedded engine that speaks as high or as low. */
const STAND_INS: Readonly<Record<string, string>> = {
  alloy: 'f1',
  ash: 'm1',
  ballad: 'm4',
  cedar: 'm7',
  coral: 'f2',
  echo: 'm3',
  fable: 'm8',
  marin: 'f5',
  nova: 'f3',
  onyx: 'm2',
  sage: 'f4',
  shimmer: 'steph',
  verse: 'm6',
}

export const OPENAI_VOICES: readonly string[] = Object.keys(STAND_INS)

/**
 * One of these voices in the place of one of OpenAI's, always the same; `undefined` where there are none. Engines other
 * than the embedded one have their voices dealt out in turn.
 */
export function standIn(name: string, voices: readonly string[]): string | undefined {
  const wanted = STAND_INS[name]
  if (wanted !== undefined && voices.includes(wanted)) return wanted
  return voices[OPENAI_VOICES.indexOf(name) % voices.length]
}

/** `alloy=f2,nova=minji@example.com`: names, and the voice of an engine or a person that each stands for. */
export const VOICE_NAMES = /^[^\s=,]+=[^\s=,]+(\s*,\s*[^\s=,]+=[^\s=,]+)*$/

/** What the operator has made of `VOICE_NAMES`. */
export function readVoiceNames(setting: string): ReadonlyMap<string, string> {
  const entries = setting.split(',').filter((entry) => entry.trim() !== '')
  return new Map(entries.map((entry) => entry.trim().split('=', 2) as [string, string]))
}
