import type { Kinds } from '../kinds.ts'
import { SIGNS } from './addresses.ts'
import { spelled } from './latin.ts'
import { digitByDigit, native, number } from './numbers.ts'

export const KOREAN_KINDS: Kinds = {
  cardinal: (written) =>
    `${/^[-−]/u.test(written) ? '마이너스 ' : ''}${number(written.replace(/^[-−+]/u, ''))}`,
  ordinal: (digits) => (Number(digits) === 1 ? '첫 번째' : `${native(digits)} 번째`),
  digits: (written) => digitByDigit((written.match(/\d/gu) ?? []).join(''), '공'),
  characters: (written) => [...written.replace(/\s/gu, '')].map(named).join(' '),
  telephone: (written) =>
    (written.match(/\+|\d+/gu) ?? [])
      .map((group) => (group === '+' ? '플러스' : digitByDigit(group, '공')))
      .join('에 ')
      .replace('플러스에', '플러스'),
  date: ({ year, month, day }) =>
    [
      ...(year === undefined ? [] : [`${year}년`]),
      ...(month === undefined ? [] : [`${Number(month)}월`]),
      ...(day === undefined ? [] : [`${Number(day)}일`]),
    ].join(' '),
  time: ({ clock, half }) => `${half === undefined ? '' : half === 'am' ? '오전 ' : '오후 '}${clock}`,
}

function named(character: string): string {
  if (/\d/u.test(character)) return digitByDigit(character)
  if (/[A-Za-z]/u.test(character)) return spelled(character)
  return SIGNS[character] ?? character
}
