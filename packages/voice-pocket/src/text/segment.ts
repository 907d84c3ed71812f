import { isAbbreviation, isNumbering } from './abbreviations.ts'
import { splitLong } from './split-long.ts'

/** What is heard between a segment and the next one. */
export type Pause = 'none' | 'clause' | 'sentence' | 'paragraph'

export interface Segment {
  /** `whole.slice(start, end)`, with the blanks that follow the sentence. */
  readonly text: string
  readonly start: number
  readonly end: number
  readonly pause: Pause
}

/** Longer sentences are cut at the best place, so that progress and cancelling stay fine-grained. */
export const MAX_SEGMENT_LENGTH = 400

/** Either marks that can end a sentence, with the quotes and brackets they close and the blanks after; or blanks. */
const PLACE = /(?<marks>[.!?。！？｡…]+)(?<closers>["'”’»)\]}】』」》〉）］]*)(?<blank>\s*)|\s+/gu
const WIDE_MARK = /[。！？｡]/u
const EAST_ASIAN = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
const LINE_BREAK = /\r\n|[\n\r\v\f\u2028]/gu
/** No rule looks further back than this, which keeps the work in proportion to the text. */
const LOOK_BACK = 24

/** Sentences in order; joined together they are the text again, character for character. */
export function segment(text: string, maxLength: number = MAX_SEGMENT_LENGTH): Segment[] {
  const segments: Segment[] = []
  let start = 0
  for (const { at, pause } of boundaries(text)) {
    segments.push(...splitLong(text, start, at, isHeading(text, start, at) ? 'paragraph' : pause, maxLength))
    start = at
  }
  if (start < text.length) segments.push(...splitLong(text, start, text.length, 'sentence', maxLength))
  return segments
}

/** `# Title` of Markdown, with a line break behind it. A title with a blank line behind it is a paragraph anyway. */
function isHeading(text: string, start: number, end: number): boolean {
  return (
    /^\s{0,24}#{1,6} /.test(text.slice(start, start + LOOK_BACK * 2)) &&
    /[\n\r]$/.test(text.slice(end - 1, end))
  )
}

function* boundaries(text: string): Generator<{ at: number; pause: Pause }> {
  const first = text.length - text.trimStart().length
  for (const match of text.matchAll(PLACE)) {
    const at = match.index + match[0].length
    if (at <= first || at === text.length) continue
    const { marks = '', closers = '', blank = match[0] } = match.groups ?? {}
    const place = {
      before: text.slice(Math.max(0, match.index - LOOK_BACK), match.index),
      marks,
      closers,
      blank,
      next: nextCharacter(text, at),
    }
    const lineBreaks = blank.match(LINE_BREAK)?.length ?? 0
    if (lineBreaks > 1 || blank.includes('\u2029')) yield { at, pause: 'paragraph' }
    else if (marks === '' ? lineBreaks === 1 && !isLowerCase(place.next) : endsSentence(place))
      yield { at, pause: 'sentence' }
  }
}

interface Place {
  readonly before: string
  readonly marks: string
  readonly closers: string
  readonly blank: string
  readonly next: string
}

function endsSentence({ before, marks, closers, blank, next }: Place): boolean {
  if (blank === '') {
    if (WIDE_MARK.test(marks)) return true
    // "3.14", "a.com" and "?q=1" go on; "갔다.그리고" does not, but "“왔다.”라고" does.
    return closers === '' && EAST_ASIAN.test(before.slice(-1)) && EAST_ASIAN.test(next)
  }
  if (isLowerCase(next)) return false
  if (marks !== '.') return true
  return !isAbbreviation(before, next) && !isNumbering(before, next)
}

/** Past opening quotes and brackets, as in: he left. “Then …” */
function nextCharacter(text: string, at: number): string {
  const ahead = text.slice(at, at + LOOK_BACK).replace(/^["'“‘«([{【『「《〈（［¿¡]+/u, '')
  return [...ahead.slice(0, 2)][0] ?? ''
}

function isLowerCase(character: string): boolean {
  return /\p{Ll}/u.test(character)
}
