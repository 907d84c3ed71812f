import type { SpokenText } from '../spoken-text.ts'

/** Something in a text that is said otherwise than it is written. Patterns have the flag `g`. */
export interface Rule {
  readonly pattern: RegExp
  /** `undefined` leaves the match to the rules behind. */
  say(match: RegExpExecArray): string | undefined
}

export function rule(pattern: RegExp, say: Rule['say']): Rule {
  return { pattern, say }
}

/** In their order, each on what the ones before it made. */
export function applied(spoken: SpokenText, rules: readonly Rule[]): SpokenText {
  return rules.reduce((text, { pattern, say }) => text.replace(pattern, say), spoken)
}

/** Of strings that stand for themselves; the longest is tried first, so that "시간" is not taken for "시". */
export function oneOf(names: Iterable<string>): string {
  return [...names]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|')
}
