/** Dates, years and times of day. */
import { oneOf, type Rule, rule } from '../rule.ts'
import { cardinal, digitByDigit, ordinal, plural, year } from './numbers.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const SHORT: Readonly<Record<string, string>> = Object.fromEntries(
  [...MONTHS.map((month) => [month.slice(0, 3), month]), ['Sept', 'September']].map(
    ([short, month]) => [short, month] as const,
  ),
)
const DAYS: Readonly<Record<string, string>> = {
  Mon: 'Monday',
  Tue: 'Tuesday',
  Tues: 'Tuesday',
  Wed: 'Wednesday',
  Thu: 'Thursday',
  Thur: 'Thursday',
  Thurs: 'Thursday',
  Fri: 'Friday',
  Sat: 'Saturday',
  Sun: 'Sunday',
}
const MONTH = `(?<month>${oneOf([...MONTHS, ...Object.keys(SHORT)])})\\.?`
const DAY = String.raw`(?<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?`
const YEAR = String.raw`(?<year>(?:1[0-9]|20|21)\d{2})(?!\d|[,.:]\d)`

export const DATE_RULES: readonly Rule[] = [
  rule(/© ?(?=(?:19|20)\d{2}(?!\d))/gu, () => 'copyright '),
  rule(
    /(?<![\d./-])((?:1[0-9]|20|21)\d{2})([-/.])(1[0-2]|0?[1-9])\2(3[01]|[12]\d|0?[1-9])(?![\d/-]|\.\d)/g,
    ([, y = '', , month = '', day = '']) => `${monthOf(Number(month))} ${ordinal(day)}, ${year(y)}`,
  ),
  rule(
    /(?<![\d./-])(1[0-2]|0?[1-9])\/(3[01]|[12]\d|0?[1-9])\/((?:1[0-9]|20|21)\d{2})(?![\d/])/g,
    ([, month = '', day = '', y = '']) => `${monthOf(Number(month))} ${ordinal(day)}, ${year(y)}`,
  ),
  rule(new RegExp(`\\b${MONTH} ${DAY}(?![\\d:])(?:,? ${YEAR})?`, 'g'), ({ groups }) => {
    const { month = '', day = '', year: y } = groups ?? {}
    return `${SHORT[month] ?? month} ${ordinal(day)}${y === undefined ? '' : `, ${year(y)}`}`
  }),
  rule(
    new RegExp(`(?:\\b[Tt]he )?(?<![\\d.])${DAY}(?: of)? ${MONTH}(?![a-z])(?:,? ${YEAR})?`, 'g'),
    ({ groups }) => {
      const { month = '', day = '', year: y } = groups ?? {}
      return `the ${ordinal(day)} of ${SHORT[month] ?? month}${y === undefined ? '' : `, ${year(y)}`}`
    },
  ),
  rule(
    new RegExp(`\\b${MONTH},? ${YEAR}`, 'g'),
    ({ groups }) => `${SHORT[String(groups?.month)] ?? groups?.month} ${year(String(groups?.year))}`,
  ),
  rule(/\b([Yy]ear) (1\d{3})(?![\d:%]|[.,]\d)/g, ([, word = '', y = '']) => `${word} ${year(y)}`),
  rule(/(?<![\d$€£.,-])((?:1[0-9]|20)\d)0['’]?s\b/g, ([, decade = '']) => plural(year(`${decade}0`))),
  rule(/['’](\d)0s\b/g, ([, decade = '']) => plural(cardinal(`${decade}0`))),
  rule(
    /\b(in|In|since|Since|by|By|until|Until|of|from|From|year|to|before|Before|after|After|around|between|Between|during|circa|spring|summer|fall|autumn|winter|early|late|mid|and|or|copyright) ((?:1[1-9]|20)\d{2})(?![\d:%]|[.,]\d| ?(?:people|men|women|dollars|euros|years|miles|meters|km|kg|percent|times|days|hours|words|points|votes|members|students))/g,
    ([, word = '', y = '']) => `${word} ${year(y)}`,
  ),
  rule(
    /\b((?:1[1-9]|20)\d{2}) ?[-–] ?((?:1[1-9]|20)\d{2})(?![\d,-])/g,
    ([, from = '', to = '']) => `${year(from)} to ${year(to)}`,
  ),
  rule(/(?<=\()((?:1[1-9]|20)\d{2})(?=\))/g, ([, y = '']) => year(y)),
  rule(
    /\b((?:1[1-9]|20)\d{2}) ?(BC|BCE|AD|CE)\b/g,
    ([, y = '', era = '']) => `${year(y)} ${[...era].join(' ')}`,
  ),
  rule(new RegExp(`\\b(${oneOf(Object.keys(DAYS))})\\.(?=,| |$)`, 'g'), ([, day = '']) => DAYS[day]),
]

export const TIME_RULES: readonly Rule[] = [
  rule(
    /(?<=\d(?: ?[ap]\.?m\.?)?) ?[-–] ?(?=\d{1,2}(?::\d\d)? ?[ap]\.?m\b)|(?<=\d:\d\d) ?[-–] ?(?=\d{1,2}:\d\d)/gi,
    () => ' to ',
  ),
  rule(
    new RegExp(`\\b(${oneOf(Object.keys(DAYS))}) ?[-–] ?(${oneOf(Object.keys(DAYS))})\\b\\.?`, 'g'),
    ([, from = '', to = '']) => `${DAYS[from]} to ${DAYS[to]}`,
  ),
  rule(
    /\b((?:Psalms?|Genesis|Exodus|Isaiah|Proverbs|Matthew|Mark|Luke|John|Acts|Romans|Corinthians|Revelation) )(\d{1,3}):(\d{1,3})(?!\d)/g,
    ([, book = '', chapter = '', verse = '']) => `${book}${cardinal(chapter)} ${cardinal(verse)}`,
  ),
  rule(
    /(?<![\d:.])(2[0-4]|[01]?\d):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?: ?([ap])\.?m\b(?:\.(?!$))?)?/gi,
    ([, hour = '', minute = '', second, half]) =>
      [
        clock(hour, minute, half),
        ...(second === undefined
          ? []
          : [`and ${cardinal(second)} ${second === '01' ? 'second' : 'seconds'}`]),
        ...(half === undefined ? [] : [`${half.toLowerCase()} m`]),
      ].join(' '),
  ),
  rule(
    /(?<![\d:.])(1[0-2]|[1-9]) ?([ap])\.?m\b(?:\.(?!$))?/gi,
    ([, hour = '', half = '']) => `${cardinal(hour)} ${half.toLowerCase()} m`,
  ),
  rule(
    /(?<![\d:.])(1[0-2]|[1-9]) ?([ap])\.?m\b/gi,
    ([, hour = '', half = '']) => `${cardinal(hour)} ${half.toLowerCase()} m`,
  ),
  rule(/(?<= )([ap])\.m\.(?= [a-z]|,|$)/gi, ([, half = '']) => `${half.toLowerCase()} m`),
]

function monthOf(month: number): string {
  return String(MONTHS[month - 1])
}

function clock(hour: string, minute: string, half: string | undefined): string {
  const said = cardinal(hour)
  if (minute !== '00')
    return `${said} ${minute.startsWith('0') ? digitByDigit(minute, 'oh') : cardinal(minute)}`
  if (half !== undefined) return said
  return Number(hour) > 12 || hour.startsWith('0') ? `${said} hundred` : `${said} o’clock`
}
