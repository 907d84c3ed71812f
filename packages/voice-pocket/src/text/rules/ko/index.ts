/** A Korean sentence as it is said: rules in their order, then the particles behind what they have changed. */
import type { SpokenText } from '../../spoken-text.ts'
import { applied } from '../rule.ts'
import { COMPATIBILITY_FORMS, SILENT_MARKS, TIDY_BLANKS } from '../typography.ts'
import { PHONE_RULES, VERSION_RULES, WEB_RULES } from './addresses.ts'
import { COUNTER_RULES, RANGES_OF_COUNTERS } from './counters.ts'
import { DATE_RULES, TIME_RULES } from './dates.ts'
import { HANJA_RULES } from './hanja.ts'
import { JAMO_RULES } from './jamo.ts'
import { fitJosa } from './josa.ts'
import { LATIN_RULES, MIXED_WORDS } from './latin.ts'
import { BETWEEN_NUMBERS, FRACTION_RULES, NUMBERS_LEFT, RANGE_SIGNS, SIGN_RULES } from './signs.ts'
import { MONEY_RULES, TEMPERATURE_RULES, UNIT_RULES } from './units.ts'

/** What is longest and surest comes first: an address is no number, and a date is no subtraction. */
const RULES = [
  ...COMPATIBILITY_FORMS,
  ...SILENT_MARKS,
  ...WEB_RULES,
  ...RANGES_OF_COUNTERS,
  ...RANGE_SIGNS,
  ...DATE_RULES,
  ...PHONE_RULES,
  ...TIME_RULES,
  ...VERSION_RULES,
  ...MIXED_WORDS,
  ...MONEY_RULES,
  ...TEMPERATURE_RULES,
  ...COUNTER_RULES,
  ...FRACTION_RULES,
  ...BETWEEN_NUMBERS,
  ...UNIT_RULES,
  ...NUMBERS_LEFT,
  ...HANJA_RULES,
  ...LATIN_RULES,
  ...JAMO_RULES,
  ...SIGN_RULES,
]

export function korean(spoken: SpokenText): SpokenText {
  return applied(fitJosa(applied(spoken, RULES)), TIDY_BLANKS)
}
