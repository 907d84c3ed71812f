/**
 * What is said of something whose kind the writer tells: `say-as` of SSML, by the kinds and formats of
 * https://www.w3.org/TR/ssml-sayas/. What is not written as its kind is read as any other text.
 */
import type { SayAs } from './manuscript.ts'
import { normalise } from './normalise.ts'
import { ENGLISH_KINDS } from './rules/en/kinds.ts'
import type { Kinds, WrittenDate, WrittenTime } from './rules/kinds.ts'
import { KOREAN_KINDS } from './rules/ko/kinds.ts'
import { SpokenText } from './spoken-text.ts'
import { verbalised } from './verbalise.ts'

const LANGUAGES: Readonly<Record<string, Kinds>> = { ko: KOREAN_KINDS, en: ENGLISH_KINDS }
/** Each by itself, which every engine can do in its own language. */
const APART: Kinds = { characters: apart, digits: apart }

/** `undefined` when it is not written so, or there are no rules for it in this language. */
export function saidAs(text: string, kind: SayAs, format: string, language: string): string | undefined {
  const [primary = ''] = language.toLowerCase().split('-')
  const kinds = LANGUAGES[primary] ?? APART
  const written = normalise(text)
  const said = readAs(written, kind, format, kinds)
  return said === undefined || said === '' ? undefined : verbalised(SpokenText.of(said), language).text
}

/** Where the rules of the language read it well once it is written plainly, it is only that. */
function readAs(written: string, kind: SayAs, format: string, kinds: Kinds): string | undefined {
  switch (kind) {
    case 'cardinal':
    case 'number':
      return NUMBER.test(written) ? kinds.cardinal?.(written) : undefined
    case 'ordinal': {
      const [, digits = ''] = ORDINAL.exec(written) ?? []
      return digits === '' ? undefined : kinds.ordinal?.(digits)
    }
    case 'digits':
      return /\p{Nd}/u.test(written) ? kinds.digits?.(written) : undefined
    case 'characters':
    case 'spell-out':
      return kinds.characters?.(written)
    case 'telephone':
      return kinds.telephone?.(written)
    case 'date': {
      const date = readDate(written, format)
      return date === undefined ? undefined : kinds.date?.(date)
    }
    case 'time': {
      const time = readTime(written)
      return time === undefined ? undefined : kinds.time?.(time)
    }
    default:
      return kinds === APART ? undefined : written
  }
}

const NUMBER = /^[-−+]?\d[\d,]*(?:\.\d+)?$/u
const ORDINAL = /^(?:제 ?)?(\d[\d,]*)(?:st|nd|rd|th|번째|째)?$/u

function apart(text: string): string {
  return [...text].filter((character) => /\S/u.test(character)).join(' ')
}

const FIELDS = { y: 'year', m: 'month', d: 'day' } as const
export const DATE_FORMATS = ['ymd', 'mdy', 'dmy', 'ydm', 'ym', 'my', 'md', 'dm', 'y', 'm', 'd'] as const

/** Without a format, the year is what has four digits, and the month comes before the day. */
function readDate(written: string, format: string): WrittenDate | undefined {
  const groups = written.match(/\d+/gu) ?? []
  const order = [...(format || guessed(groups))]
  const parts = groups.length === 1 && order.length > 1 ? splitDigits(String(groups[0]), order) : groups
  if (parts.length !== order.length || parts.length === 0) return undefined
  const date = Object.fromEntries(order.map((field, i) => [FIELDS[field as keyof typeof FIELDS], parts[i]]))
  const { month = '1', day = '1', year = '1' } = date
  const isDate = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31
  return isDate && Number(year) < 10_000 ? date : undefined
}

function guessed(groups: readonly string[]): string {
  if (groups.length === 1) return groups[0]?.length === 8 ? 'ymd' : 'y'
  if (groups.length === 2) return groups[0]?.length === 4 ? 'ym' : groups[1]?.length === 4 ? 'my' : 'md'
  return groups[0]?.length === 4 ? 'ymd' : 'mdy'
}

/** 20240501. */
function splitDigits(digits: string, order: readonly string[]): string[] {
  const sizes = order.map((field) => (field === 'y' ? 4 : 2))
  if (digits.length !== sizes.reduce((sum, size) => sum + size, 0)) return []
  let at = 0
  return sizes.map((size) => {
    at += size
    return digits.slice(at - size, at)
  })
}

function readTime(written: string): WrittenTime | undefined {
  const match = /^([ap])?\.?m?\.? ?(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))? ?(?:([ap])\.?m\.?)?$/iu.exec(
    written,
  )
  if (match === null) return undefined
  const [, before, hour = '', minute = '00', second] = match
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined
  const half = (before ?? match[5])?.toLowerCase()
  return {
    clock: [hour, minute, ...(second === undefined ? [] : [second])].join(':'),
    ...(half !== undefined && { half: half === 'a' ? 'am' : 'pm' }),
  }
}
