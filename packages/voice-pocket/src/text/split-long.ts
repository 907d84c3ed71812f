import type { Pause, Segment } from './segment.ts'

const CLAUSE_END = /[,;:–—](?=\s)|[、，；：]/gu
/** Where a clause ends without a mark: behind Korean and Japanese endings, before English conjunctions. */
const CONNECTIVE =
  /(?<=[가-힣](?:고|며|지만|는데|은데|면서|니까|으면|라면|다면|려고|도록|므로|거나|어서|아서|해서|든지))(?=\s)|(?=\s(?:and|but|or|so|because|although|though|while|when|where|which|who|that|if|unless|until|before|after|since)\s)|(?<=(?:ので|から|けれど|ながら|ために))(?=[\p{Script=Han}\p{Script=Katakana}])/gu
const BLANK = /\s/gu
/** A cut nearer to the beginning than this would leave a scrap. */
const EARLIEST_CUT = 1 / 3

/** `text.slice(from, to)` in pieces of at most `maxLength` characters, not counting the blanks behind each. */
export function splitLong(
  text: string,
  from: number,
  to: number,
  pause: Pause,
  maxLength: number,
): Segment[] {
  const pieces: Segment[] = []
  let start = from
  while (text.slice(start, to).trimEnd().length > maxLength) {
    const cut = bestCut(text.slice(start, to), maxLength)
    const end = afterBlanks(text, start + cut.at, to)
    pieces.push({ text: text.slice(start, end), start, end, pause: cut.pause })
    start = end
  }
  pieces.push({ text: text.slice(start, to), start, end: to, pause })
  return pieces
}

function bestCut(text: string, maxLength: number): { at: number; pause: Pause } {
  const window = text.slice(0, maxLength)
  const earliest = Math.floor(maxLength * EARLIEST_CUT)
  const clause = lastMatchEnd(CLAUSE_END, window)
  if (clause > earliest) return { at: clause, pause: 'clause' }
  const connective = lastMatchEnd(CONNECTIVE, window)
  if (connective > earliest) return { at: connective, pause: 'clause' }
  const blank = lastMatchEnd(BLANK, window)
  if (blank > earliest) return { at: blank, pause: 'none' }
  return { at: letterBoundary(text, maxLength), pause: 'none' }
}

/** -1 when nothing matches. */
function lastMatchEnd(pattern: RegExp, text: string): number {
  let end = -1
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length
  return end
}

/** Not inside a letter with its accents, nor an emoji of several parts, unless it alone is too long. */
function letterBoundary(text: string, maxLength: number): number {
  const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(
    text.slice(0, maxLength + 1),
  )
  const boundary = letters.containing(maxLength)?.index ?? 0
  if (boundary > 0) return boundary
  const splitsPair =
    /[\udc00-\udfff]/.test(String(text[maxLength])) && /[\ud800-\udbff]/.test(String(text[maxLength - 1]))
  return splitsPair && maxLength > 1 ? maxLength - 1 : maxLength
}

function afterBlanks(text: string, at: number, to: number): number {
  let end = at
  while (end < to && /\s/u.test(String(text[end]))) end += 1
  return end
}
