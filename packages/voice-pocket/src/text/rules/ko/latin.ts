/**
 * Latin letters in Korean text. Words that everybody writes in Latin and says in Korean are in loanwords.ts; short words
 * of capitals are spelled by the names of their letters; what is left is for the engine, which may know English.
 */
import { oneOf, type Rule, rule } from '../rule.ts'
import { LOANWORDS } from './loanwords.ts'
import { number } from './numbers.ts'

/** As 표준국어대사전 has the letters, and people say C, R and Z. */
const LETTERS: Readonly<Record<string, string>> = {
  A: '에이',
  B: '비',
  C: '씨',
  D: '디',
  E: '이',
  F: '에프',
  G: '지',
  H: '에이치',
  I: '아이',
  J: '제이',
  K: '케이',
  L: '엘',
  M: '엠',
  N: '엔',
  O: '오',
  P: '피',
  Q: '큐',
  R: '알',
  S: '에스',
  T: '티',
  U: '유',
  V: '브이',
  W: '더블유',
  X: '엑스',
  Y: '와이',
  Z: '제트',
}
const LONGEST_SPELLED = 5
const HUMS = new Set(['hm', 'hmm', 'mm', 'mmm', 'pf', 'pff', 'psst', 'sh', 'shh', 'brr', 'tsk', 'zzz'])

const BY_KEY: ReadonlyMap<string, string> = new Map(
  Object.entries(LOANWORDS).map(([word, said]) => [word.toLowerCase(), said]),
)
/** With digits, signs or blanks in them: found before anything else reads those. */
const MIXED = Object.keys(LOANWORDS).filter((word) => !/^[A-Za-z]+$/.test(word))

/** Before the rules of numbers. */
export const MIXED_WORDS: readonly Rule[] = [
  rule(/(?<![A-Za-z\d])B(\d)(?=층)/gu, ([, floor = '']) => `지하 ${number(floor)}`),
  rule(/(?<![A-Za-z])pp?\. ?(\d{1,4})(?: ?[-–~] ?(\d{1,4}))?(?!\d)/gu, ([, from = '', to]) =>
    to === undefined ? `${number(from)}쪽` : `${number(from)}쪽에서 ${number(to)}쪽`,
  ),
  rule(new RegExp(`(?<![A-Za-z\\d.])(?:${oneOf(MIXED)})(?![A-Za-z\\d]|[.-]\\d| ?=)`, 'giu'), ([word]) =>
    BY_KEY.get(word.toLowerCase()),
  ),
  rule(/(?<![A-Za-z\d])No\. ?(?=\d)/gu, () => '넘버 '),
]

export const LATIN_RULES: readonly Rule[] = [
  rule(/(?<![A-Za-z])[A-Za-z]+(?:['’][a-z]{1,2}(?![A-Za-z]))?/gu, ({ 0: word, index, input }) => {
    const known = BY_KEY.get(word.toLowerCase())
    if (known !== undefined) return known
    if (word.length === 1) return isInEnglish(input, index) ? undefined : spelled(word)
    // Nobody can say them otherwise; "hmm" and "pssst" are longer, or no words at all.
    if (/^[b-df-hj-np-tv-xz]{2,3}$/.test(word) && !HUMS.has(word)) return spelled(word)
    const [, capitals, plural] = /^([A-Z]{2,})(s?)$/.exec(word) ?? []
    if (capitals === undefined || !isSpelled(capitals)) return undefined
    return `${spelled(capitals)}${plural === 's' ? '즈' : ''}`
  }),
]

export function spelled(letters: string): string {
  return [...letters.toUpperCase()].map((letter) => LETTERS[letter] ?? letter).join('')
}

/** A word of five capitals that can be pronounced is more often shouted than abbreviated. */
function isSpelled(capitals: string): boolean {
  return (
    capitals.length < LONGEST_SPELLED || (capitals.length === LONGEST_SPELLED && !/[AEIOU]/.test(capitals))
  )
}

/** "a" between English words is the article. */
function isInEnglish(text: string, index: number): boolean {
  return (
    /[a-z]{2} $/.test(text.slice(Math.max(0, index - 3), index)) ||
    /^. [A-Za-z]?[a-z]{2}/.test(text.slice(index, index + 4))
  )
}
