/**
 * How numbers, units, signs, addresses and foreign words of a sentence are read: by the rules of its language, which are
 * in rules/. Languages without rules of their own only lose what nobody would say in any language.
 */
import { english } from './rules/en/index.ts'
import { korean } from './rules/ko/index.ts'
import { applied } from './rules/rule.ts'
import { SILENT_MARKS, TIDY_BLANKS } from './rules/typography.ts'
import type { SpokenText } from './spoken-text.ts'

const LANGUAGES: Readonly<Record<string, (spoken: SpokenText) => SpokenText>> = { ko: korean, en: english }

/** `spoken` is normalised; of the language tag only the language counts, not the country. */
export function verbalised(spoken: SpokenText, language: string): SpokenText {
  const [primary = ''] = language.toLowerCase().split('-')
  return (LANGUAGES[primary] ?? withoutMarks)(spoken)
}

function withoutMarks(spoken: SpokenText): SpokenText {
  return applied(spoken, [...SILENT_MARKS, ...TIDY_BLANKS])
}
