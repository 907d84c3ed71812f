/**
 * Particles that change with the sound before them. Who wrote "5kg를" thought of another word than the one that is said
 * now; what stands behind words that nobody replaced is the writer's own affair.
 */
import type { SpokenText } from '../../spoken-text.ts'
import { decompose, FINALS } from './syllable.ts'

const PAIRS: readonly (readonly [behindConsonant: string, behindVowel: string])[] = [
  ['은', '는'],
  ['이', '가'],
  ['을', '를'],
  ['과', '와'],
  ['이랑', '랑'],
  ['이에요', '예요'],
  ['이란', '란'],
  ['이라는', '라는'],
  ['이라고', '라고'],
]
const TAILS = '서|써|부터|는|도|만|의|까지|서는|서의'
const PARTICLE = new RegExp(
  `(?<=[가-힣])(?:(?:으로|로)(?<tail>${TAILS})?|${PAIRS.flat().join('|')})(?![가-힣])`,
  'gu',
)

/** Chooses the particles behind what rules have said in place of the original. */
export function fitJosa(spoken: SpokenText): SpokenText {
  return spoken.replace(PARTICLE, ({ 0: particle, groups, index, input }) => {
    if (spoken.isVerbatim(index - 1) || !spoken.isVerbatim(index)) return undefined
    const final = FINALS[decompose(String(input[index - 1]))?.final ?? 0] ?? ' '
    if (/^(?:으로|로)/.test(particle))
      return `${final === ' ' || final === 'ㄹ' ? '로' : '으로'}${groups?.tail ?? ''}`
    const pair = PAIRS.find((forms) => forms.includes(particle))
    return pair?.[final === ' ' ? 1 : 0]
  })
}
