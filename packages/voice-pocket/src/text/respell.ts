import { SOUND_CHANGES } from './rules/ko/sound-changes.ts'
import { applied, type Rule } from './rules/rule.ts'
import type { SpokenText } from './spoken-text.ts'

const LANGUAGES: Readonly<Record<string, readonly Rule[]>> = { ko: SOUND_CHANGES }

/** Spelled as it sounds, for an engine that wants that of this language; engines that know the language do not. */
export function respelled(spoken: SpokenText, language: string): SpokenText {
  const [primary = ''] = language.toLowerCase().split('-')
  return applied(spoken, LANGUAGES[primary] ?? [])
}
