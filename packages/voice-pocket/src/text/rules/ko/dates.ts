/** Dates, times of day and days of remembrance. 유월, 시월: 표준어 규정 / 한글 맞춤법 제52항. */
import { type Rule, rule } from '../rule.ts'
import { gap, hourOf } from './counters.ts'
import { digitByDigit, sino } from './numbers.ts'

const YEAR = String.raw`(?<year>(?:1[0-9]|20|21)\d{2})`
const MONTH = '(?<month>1[0-2]|0?[1-9])'
const DAY = String.raw`(?<day>3[01]|[12]\d|0?[1-9])`
/** What days are remembered for; a decimal has no revolution. */
const REMEMBERED =
  '운동|광복|테러|사태|비상계엄|계엄|절(?=[은는이가을를의에과와도로]|까지|부터|[^가-힣]|$)|항쟁|선언|합의|총선|대선|지방선거|쿠데타|혁명|의거|참사|전쟁|민주화'
const ALONE = String.raw`(?<![\d.,/:~-])`
const END = String.raw`(?![\d/:]|[.-]\d)`

export const DATE_RULES: readonly Rule[] = [
  rule(
    new RegExp(
      `(?<![\\d.,/:-])${YEAR}(?<mark>[-./]) ?${MONTH}\\k<mark> ?${DAY}(?:\\.(?= *[^ ]))?${END}`,
      'gu',
    ),
    (match) => date(match),
  ),
  rule(
    /(?<![\d.,/:~-])['’](\d{2})\. ?(0?[1-9]|1[0-2])\. ?(3[01]|[12]\d|0?[1-9])\.?(?![\d.])/gu,
    ([, year = '', month = '', day = '']) => `${sino(year)}년 ${monthOf(month)} ${sino(day)}일`,
  ),
  rule(
    /(?<![\d.,/:~-])(\d{2})\.(0[1-9]|1[0-2])\.(0[1-9]|[12]\d|3[01])\.?(?![\d.])/gu,
    ([, year = '', month = '', day = '']) => `${sino(year)}년 ${monthOf(month)} ${sino(day)}일`,
  ),
  rule(
    new RegExp(`${ALONE}${YEAR}[.](?<month>0[1-9]|1[0-2])\\.?(?![\\d.])`, 'gu'),
    ({ groups }) => `${sino(String(groups?.year))}년 ${monthOf(String(groups?.month))}`,
  ),
  rule(/['’](\d{2})년/gu, ([, year = '']) => `${sino(year)}년`),
  // Before a weekday, or "from", "until", "on": nobody says that of a fraction.
  rule(
    new RegExp(`${ALONE}${MONTH}/${DAY}(?= ?\\([월화수목금토일]\\)|부터|까지|에(?![가-힣]))`, 'gu'),
    (match) => date(match),
  ),
  rule(new RegExp(`${ALONE}${MONTH}/${DAY}${END}`, 'gu'), (match) => {
    const { month, day } = match.groups ?? {}
    // 5/1 and 12/25 are dates; 1/2 and 3/10 are more often fractions.
    return Number(month) > Number(day) || Number(day) > 12 ? date(match) : undefined
  }),
  rule(
    /(?<!\d)([1-9]) ?(?:[~∼-]|에서) ?([1-9]|1[0-2]) ?월(?!드)/gu,
    ([, from = '', to = '']) => `${monthOf(from)}에서 ${monthOf(to)}`,
  ),
  rule(/(?<!\d)(0?6|10) ?월(?!드)/gu, ([, month = '']) => monthOf(month)),
  rule(/(?<=\()([월화수목금토일])(?=\))/gu, ([, day]) => `${day}요일`),
  rule(/(?<=[일토목금월화수] ?)[~∼](?= ?[월화수목금토일](?:요일)?(?![가-힣]))/gu, () => '에서 '),
]

export const TIME_RULES: readonly Rule[] = [
  rule(/(?<![A-Za-z])[aA]\.?[mM]\.?(?= ?\d)/gu, () => '오전'),
  rule(/(?<![A-Za-z])[pP]\.?[mM]\.?(?= ?\d)/gu, () => '오후'),
  rule(/(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\d:])/gu, (match) => {
    const [, hour = '', minute = '', second] = match
    return [
      `${gap(match)}${hourOf(hour)} 시`,
      ...(Number(minute) > 0 || Number(second ?? 0) > 0 ? [`${sino(minute)} 분`] : []),
      ...(second !== undefined ? [`${sino(second)} 초`] : []),
    ].join(' ')
  }),
  rule(
    new RegExp(`(?<![\\d.])(1[0-2]|[1-9])\\.(\\d{1,2})(?= ?(?:${REMEMBERED}))`, 'gu'),
    ([, month = '', day = '']) => sino(month) + dayOfMemory(day),
  ),
  // 6·25 is read 육이오, 12·12 is read 십이십이, 5·18 is read 오일팔.
  rule(
    /(?<![\d·.])(1[0-2]|[1-9])·(\d{1,2})(?![\d·])/gu,
    ([, month = '', day = '']) => sino(month) + dayOfMemory(day),
  ),
]

function date({ groups }: RegExpExecArray): string {
  const { year, month = '', day = '' } = groups ?? {}
  return `${year === undefined ? '' : `${sino(year)}년 `}${monthOf(month)} ${sino(day)}일`
}

/** 한글 맞춤법 제52항: 六月 is 유월, 十月 is 시월. */
function monthOf(month: string): string {
  const value = Number(month)
  if (value === 6) return '유월'
  return value === 10 ? '시월' : `${sino(month)}월`
}

function dayOfMemory(day: string): string {
  const value = Number(day)
  return value === 10 || value === 12 ? sino(day) : digitByDigit(day)
}
