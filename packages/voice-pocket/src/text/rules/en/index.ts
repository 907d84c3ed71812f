/** An English sentence as it is said: rules in their order. */
import type { SpokenText } from '../../spoken-text.ts'
import { applied } from '../rule.ts'
import { COMPATIBILITY_FORMS, SILENT_MARKS, TIDY_BLANKS } from '../typography.ts'
import { PHONE_RULES, VERSION_RULES, WEB_RULES } from './addresses.ts'
import { DATE_RULES, TIME_RULES } from './dates.ts'
import { BETWEEN_NUMBERS, FRACTION_RULES, NUMBERS_LEFT, SIGN_RULES } from './signs.ts'
import { MONEY_RULES, UNIT_RULES } from './units.ts'
import { ABBREVIATION_RULES, CAPITAL_RULES } from './words.ts'

/** What is longest and surest comes first: an address is no number, and a date is no subtraction. */
const RULES = [
  ...COMPATIBILITY_FORMS,
  ...SILENT_MARKS,
  ...WEB_RULES,
  ...TIME_RULES,
  ...ABBREVIATION_RULES,
  ...DATE_RULES,
  ...PHONE_RULES,
  ...VERSION_RULES,
  ...MONEY_RULES,
  ...FRACTION_RULES,
  ...BETWEEN_NUMBERS,
  ...UNIT_RULES,
  ...CAPITAL_RULES,
  ...NUMBERS_LEFT,
  ...SIGN_RULES,
  ...TIDY_BLANKS,
]

export function english(spoken: SpokenText): SpokenText {
  return applied(spoken, RULES)
}
