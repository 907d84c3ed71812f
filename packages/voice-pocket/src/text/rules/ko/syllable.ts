/** A syllable of Hangul as the three numbers that Unicode composes it of (chapter 3.12 of the standard). */
export interface Syllable {
  /** 0 to 18, in the order of INITIALS. */
  readonly initial: number
  /** 0 to 20: ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ. */
  readonly vowel: number
  /** 0 to 27, 0 for none, in the order of FINALS. */
  readonly final: number
}

export const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
export const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'
/** The first is for none. */
export const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'

const FIRST = 0xac00
const LAST = 0xd7a3

/** `undefined` for anything but a composed syllable. */
export function decompose(character: string): Syllable | undefined {
  const code = character.codePointAt(0) ?? 0
  if (code < FIRST || code > LAST) return undefined
  const index = code - FIRST
  return { initial: Math.floor(index / 588), vowel: Math.floor(index / 28) % 21, final: index % 28 }
}

export function compose({ initial, vowel, final }: Syllable): string {
  return String.fromCodePoint(FIRST + initial * 588 + vowel * 28 + final)
}
