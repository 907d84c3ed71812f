/** Numerals of English, as The Chicago Manual of Style (ch. 9) writes them out, without "and". */

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const SCALES = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion']
const IRREGULAR: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
}

export const INTEGER = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)`
export const NUMBER = String.raw`${INTEGER}(?:\.\d+)?`

/** One hundred twenty-three; longer numbers than there are names for are read digit by digit. */
export function cardinal(written: string): string {
  const digits = written.replaceAll(',', '').replace(/^0+(?=\d)/, '')
  if (digits.length > SCALES.length * 3) return digitByDigit(digits)
  if (digits === '0') return 'zero'
  const groups: string[] = []
  for (let end = digits.length, scale = 0; end > 0; end -= 3, scale += 1) {
    const group = Number(digits.slice(Math.max(0, end - 3), end))
    if (group !== 0) groups.unshift(`${belowThousand(group)} ${SCALES[scale]}`.trimEnd())
  }
  return groups.join(' ')
}

function belowThousand(value: number): string {
  const [hundreds, rest] = [Math.floor(value / 100), value % 100]
  const said = hundreds > 0 ? [`${ONES[hundreds]} hundred`] : []
  if (rest > 0) said.push(belowHundred(rest))
  return said.join(' ')
}

function belowHundred(value: number): string {
  if (value < 20) return String(ONES[value])
  const ones = value % 10
  return ones === 0 ? String(TENS[value / 10]) : `${TENS[Math.floor(value / 10)]}-${ONES[ones]}`
}

/** Twenty-first. */
export function ordinal(written: string): string {
  return cardinal(written).replace(/[a-z]+$/, (last) => {
    const irregular = IRREGULAR[last]
    if (irregular !== undefined) return irregular
    return last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`
  })
}

/** Three point one four. */
export function number(written: string): string {
  const [whole = '0', fraction] = written.split('.')
  return fraction === undefined ? cardinal(whole) : `${cardinal(whole)} point ${digitByDigit(fraction)}`
}

export function digitByDigit(digits: string, zero: 'zero' | 'oh' = 'zero'): string {
  return [...digits].map((digit) => (digit === '0' ? zero : ONES[Number(digit)])).join(' ')
}

/** Nineteen eighty-four, two thousand five, twenty twenty-four. */
export function year(written: string): string {
  const value = Number(written)
  const [century, rest] = [Math.floor(value / 100), value % 100]
  if (value % 1000 < 10) return cardinal(written)
  if (rest === 0) return `${cardinal(String(century))} hundred`
  return `${cardinal(String(century))} ${rest < 10 ? `oh ${ONES[rest]}` : belowHundred(rest)}`
}

/** Of many: days, bodies. */
export function plural(noun: string): string {
  if (/[^aeo]y$/.test(noun)) return `${noun.slice(0, -1)}ies`
  return /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`
}
