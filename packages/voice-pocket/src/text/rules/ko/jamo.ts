/**
 * Letters of Hangul that are no syllables. Laughter is heard, short, however long it is written; tears are a face, and
 * faces are not read out; abbreviations of chats are said in full; all others by their names (한글 맞춤법 제4항).
 */
import { oneOf, type Rule, rule } from '../rule.ts'

const CHAT: Readonly<Record<string, string>> = {
  ㅇㅇ: '응',
  ㄴㄴ: '노노',
  ㄱㄱ: '고고',
  ㅇㅋ: '오케이',
  ㄱㅅ: '감사',
  ㅊㅋ: '축하',
  ㅈㅅ: '죄송',
  ㄷㄷ: '덜덜',
  ㄹㅇ: '리얼',
  ㅂㅂ: '바이바이',
  ㅂㅇ: '바이',
  ㅎㅇ: '하이',
  ㅅㄱ: '수고',
  ㄴㄷ: '노답',
  ㅇㅈ: '인정',
  ㅁㄹ: '몰라',
  ㅃㅃ: '빠빠',
  ㄱㄷ: '기다려',
  ㅋㄷ: '키득',
  ㅇㄷ: '어디',
  ㅉㅉ: '쯧쯧',
  ㅃㅇ: '빠이',
  ㅎㄷㄷ: '후덜덜',
  ㄲㅂ: '까비',
  ㄱㄴ: '가능',
  ㄱㅊ: '괜찮아',
  ㅇㅇㅈ: '응 인정',
}
const NAMES: Readonly<Record<string, string>> = {
  ㄱ: '기역',
  ㄴ: '니은',
  ㄷ: '디귿',
  ㄹ: '리을',
  ㅁ: '미음',
  ㅂ: '비읍',
  ㅅ: '시옷',
  ㅇ: '이응',
  ㅈ: '지읒',
  ㅊ: '치읓',
  ㅋ: '키읔',
  ㅌ: '티읕',
  ㅍ: '피읖',
  ㅎ: '히읗',
  ㄲ: '쌍기역',
  ㄸ: '쌍디귿',
  ㅃ: '쌍비읍',
  ㅆ: '쌍시옷',
  ㅉ: '쌍지읒',
  ㄳ: '기역시옷',
  ㄵ: '니은지읒',
  ㄶ: '니은히읗',
  ㄺ: '리을기역',
  ㄻ: '리을미음',
  ㄼ: '리을비읍',
  ㄽ: '리을시옷',
  ㄾ: '리을티읕',
  ㄿ: '리을피읖',
  ㅀ: '리을히읗',
  ㅄ: '비읍시옷',
}
const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'

export const JAMO_RULES: readonly Rule[] = [
  rule(
    new RegExp(`(?<![ㄱ-ㅎ])(?:${oneOf(Object.keys(CHAT))})(?=ㅋ{2,}|ㅎ{2,})`, 'gu'),
    ([word]) => CHAT[word],
  ),
  rule(/[ㄱ-ㅎ]{2,}/gu, ([run]) => CHAT[run] ?? CHAT[run.replace(/^(.)\1{2,}$/u, '$1$1')] ?? twice(run)),
  rule(/ ?[ㅋ]+[ㅎㅋ]*/gu, (match) => laughter(match, '크크')),
  rule(/ ?ㅎ{2,}/gu, (match) => laughter(match, '하하')),
  rule(/[ㅠㅜ]{2,}|(?<![ㄱ-ㅎㅏ-ㅣ])[ㅠㅜ](?![가-힣ㄱ-ㅎㅏ-ㅣ])/gu, () => ''),
  rule(/(?<![ㄱ-ㅎㅏ-ㅣ])ㅡ[_.]?ㅡ(?:;*)(?![ㄱ-ㅎㅏ-ㅣ])/gu, () => ''),
  rule(/[ㄱ-ㅎ]/gu, ([letter]) => NAMES[letter]),
  rule(/[ㅏ-ㅣ]/gu, ([letter]) => String.fromCodePoint(0xac00 + (11 * 21 + VOWELS.indexOf(letter)) * 28)),
]

/** ㄱㅅㄱㅅ, ㅇㅋㅇㅋ. */
function twice(run: string): string | undefined {
  const once = CHAT[/^(.{2,3})\1+$/u.exec(run)?.[1] ?? '']
  return once === undefined ? undefined : `${once} ${once}`
}

/** One ㅋ alone may be the letter's name: ㅋ은. */
function laughter({ 0: written, index, input }: RegExpExecArray, said: string): string | undefined {
  const letters = written.trimStart()
  const next = input[index + written.length] ?? ''
  if (letters.length === 1 && /[가-힣ㄱ-ㅎㅏ-ㅣ]/u.test(next)) return undefined
  return `${index === 0 ? '' : ' '}${said}${/[가-힣]/u.test(next) ? ' ' : ''}`
}
