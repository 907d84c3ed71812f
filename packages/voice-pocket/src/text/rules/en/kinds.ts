import type { Kinds } from '../kinds.ts'
import { SIGNS } from './addresses.ts'
import { cardinal, digitByDigit, number, ordinal, year as yearOf } from './numbers.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)

export const ENGLISH_KINDS: Kinds = {
  cardinal: (written) => `${/^[-−]/u.test(written) ? 'minus ' : ''}${number(written.replace(/^[-−+]/u, ''))}`,
  ordinal: (digits) => ordinal(digits),
  digits: (written) => digitByDigit((written.match(/\d/gu) ?? []).join('')),
  characters: (written) => [...written.replace(/\s/gu, '')].map(named).join(' '),
  telephone: (written) =>
    (written.match(/\+|\d+/gu) ?? [])
      .map((group) => (group === '+' ? 'plus' : digitByDigit(group)))
      .join(', ')
      .replace('plus,', 'plus'),
  date: ({ year, month, day }) => {
    const name = month === undefined ? '' : String(MONTHS[Number(month) - 1])
    const monthAndDay = [name, ...(day === undefined ? [] : [ordinal(String(Number(day)))])].join(' ').trim()
    if (year === undefined) return monthAndDay
    return `${monthAndDay}${monthAndDay === '' ? '' : day === undefined ? ' ' : ', '}${yearOf(year)}`
  },
  time: ({ clock, half }) => `${clock}${half === undefined ? '' : ` ${half}`}`,
}

function named(character: string): string {
  if (/\d/u.test(character)) return cardinal(character)
  return SIGNS[character] ?? character.toUpperCase()
}
