/**
 * Numerals of Korean. Spaces by 한글 맞춤법 제44항 (a number is parted at every 만), forms before counters by
 * 표준어 규정 제17항 (서/너, 석/넉) and the modifiers of 표준국어대사전 (한, 두, 세, 네, 스무).
 */

const DIGITS = ['영', '일', '이', '삼', '사', '오', '육', '칠', '팔', '구'] as const
const SMALL_UNITS = ['', '십', '백', '천'] as const
const LARGE_UNITS = ['', '만', '억', '조', '경', '해'] as const

const ONES = ['', '하나', '둘', '셋', '넷', '다섯', '여섯', '일곱', '여덟', '아홉'] as const
const ONES_BEFORE_NOUN = ['', '한', '두', '세', '네', '다섯', '여섯', '일곱', '여덟', '아홉'] as const
const TENS = ['', '열', '스물', '서른', '마흔', '쉰', '예순', '일흔', '여든', '아흔'] as const

/** As a pattern: 12, 12,345, without what stands behind the point. */
export const INTEGER = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)`
export const NUMBER = String.raw`${INTEGER}(?:\.\d+)?`

/** 만 이천삼백사십오. Longer numbers than there are names for are read digit by digit. */
export function sino(written: string): string {
  const digits = written.replaceAll(',', '').replace(/^0+(?=\d)/, '')
  if (digits === '0') return '영'
  if (digits.length > LARGE_UNITS.length * 4) return digitByDigit(digits)
  const groups: string[] = []
  for (let end = digits.length, unit = 0; end > 0; end -= 4, unit += 1) {
    const group = digits.slice(Math.max(0, end - 4), end)
    const isFirst = end <= 4
    if (Number(group) !== 0) groups.unshift(sinoGroup(group, unit, isFirst))
  }
  return groups.join(' ')
}

function sinoGroup(group: string, unit: number, isFirst: boolean): string {
  // 10000 is 만, but 100000000 is 일억.
  if (isFirst && unit === 1 && Number(group) === 1) return '만'
  const said = [...group].map((digit, index) => {
    const small = SMALL_UNITS[group.length - 1 - index] ?? ''
    if (digit === '0') return ''
    return digit === '1' && small !== '' ? small : `${DIGITS[Number(digit)]}${small}`
  })
  return `${said.join('')}${LARGE_UNITS[unit]}`
}

/** 삼 점 일사; the digits behind the point one by one. */
export function number(written: string): string {
  const [whole = '0', fraction] = written.split('.')
  return fraction === undefined ? sino(whole) : `${sino(whole)} 점 ${digitByDigit(fraction)}`
}

export function digitByDigit(digits: string, zero: '영' | '공' = '영'): string {
  return digits.replace(/\d/g, (digit) => (digit === '0' ? zero : String(DIGITS[Number(digit)])))
}

/** Before a counter: 한, 스무, 스물한. Only 1 to 99 have native names in use; others are Sino-Korean. */
export function native(written: string): string {
  const value = Number(written.replaceAll(',', ''))
  if (value < 1 || value > 99) return sino(written)
  if (value === 20) return '스무'
  return `${TENS[Math.floor(value / 10)]}${ONES_BEFORE_NOUN[value % 10]}`
}

/** 첫째, 둘째, 열두째. */
export function nativeOrdinal(value: number): string {
  if (value === 1) return '첫째'
  if (value < 10) return `${ONES[value]}째`
  return `${native(String(value))}째`
}
