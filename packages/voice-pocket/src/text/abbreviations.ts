/** Words whose full stop does not end a sentence. Others, such as "etc.", do when a capital letter follows. */

const BEFORE_NAMES = new Set(
  'capt cf col dr esp gen gov hon lt messrs mlle mme mr mrs ms mt prof rep rev sen sgt st viz vs'.split(' '),
)
const BEFORE_NUMBERS = new Set(
  'approx art ca ch eq fig figs no nos p pp sec tel vol jan feb mar apr jun jul aug sep sept oct nov dec'.split(
    ' ',
  ),
)

/** The first of two measures: 7 ft. 6 in., 12s. 6d. */
const MEASURE = /\d ?(?:ft|yds?|mi|lbs?|st|gal|hrs?|min|s)$/

/** `before` ends just before the full stop; `next` is the first character after the blank. */
export function isAbbreviation(before: string, next: string): boolean {
  const word = /[\p{L}\p{N}.]*$/u.exec(before)?.[0] ?? ''
  if (/(^|\.)\p{Script=Latin}$/u.test(word)) return word.includes('.') || /^\p{Lu}$/u.test(word)
  if (BEFORE_NAMES.has(word.toLowerCase())) return true
  return (BEFORE_NUMBERS.has(word.toLowerCase()) || MEASURE.test(before)) && /\p{N}/u.test(next)
}

/** "1. First", "2024. 5. 1. 서울": the full stop belongs to the number. */
export function isNumbering(before: string, next: string): boolean {
  if (!/\p{Nd}$/u.test(before)) return false
  return (
    (/\p{Nd}/u.test(next) && /(^|[^\d.,:])\d{1,4}$/.test(before)) ||
    isListNumber(before) ||
    /\d{4}\. ?\d{1,2}\. ?\d{1,2}$/.test(before)
  )
}

/** At the beginning of a line or behind a sentence; that of "No. 5." is none. */
function isListNumber(before: string): boolean {
  const [found, , word = ''] = /(^|\n|(\p{L}*)[.!?。]\s)\s*\p{Nd}{1,3}$/u.exec(before) ?? []
  return found !== undefined && !BEFORE_NUMBERS.has(word.toLowerCase())
}
