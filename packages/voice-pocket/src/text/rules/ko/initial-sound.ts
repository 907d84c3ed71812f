/** 두음 법칙, 한글 맞춤법 제10항 to 제12항: how a Sino-Korean syllable begins at the beginning of a word. */
import { compose, decompose, FINALS, INITIALS, VOWELS } from './syllable.ts'

const [N, R, SILENT] = [INITIALS.indexOf('ㄴ'), INITIALS.indexOf('ㄹ'), INITIALS.indexOf('ㅇ')]
const BEFORE_Y = /[ㅑㅕㅖㅛㅠㅣ]/

/** 녀 → 여, 룡 → 용, 락 → 낙; other syllables stay as they are. */
export function atBeginning(syllable: string): string {
  const parts = decompose(syllable)
  if (parts === undefined) return syllable
  const isY = BEFORE_Y.test(String(VOWELS[parts.vowel]))
  if (parts.initial === R) return compose({ ...parts, initial: isY ? SILENT : N })
  return parts.initial === N && isY ? compose({ ...parts, initial: SILENT }) : syllable
}

/** 제11항, 붙임 1: 렬 and 률 are 열 and 율 behind a vowel and behind ㄴ: 비율, 선율, but 법률. */
export function behind(previous: string, syllable: string): string {
  if (syllable !== '렬' && syllable !== '률') return syllable
  const final = FINALS[decompose(previous)?.final ?? -1]
  return final === ' ' || final === 'ㄴ' ? atBeginning(syllable) : syllable
}
