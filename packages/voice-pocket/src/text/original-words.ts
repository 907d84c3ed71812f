import type { Place } from './spoken-text.ts'

/** Scripts without blanks between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/** The words of `text.slice(start, end)` as a reader sees them: between blanks, or where a dictionary parts them. */
export function originalWords(text: string, start: number, end: number): Place[] {
  const words: Place[] = []
  for (const { 0: run, index } of text.slice(start, end).matchAll(/\S+/gu)) {
    if (UNSPACED.test(run)) words.push(...dictionaryWords(run, start + index))
    else words.push({ start: start + index, end: start + index + run.length })
  }
  return words
}

/** Punctuation stays with the word before it, or behind it at the beginning. */
function dictionaryWords(run: string, offset: number): Place[] {
  const words: { start: number; end: number }[] = []
  let leading = 0
  for (const { segment, index, isWordLike } of new Intl.Segmenter('ja', { granularity: 'word' }).segment(
    run,
  )) {
    const last = words.at(-1)
    if (isWordLike) {
      words.push({ start: offset + index - leading, end: offset + index + segment.length })
      leading = 0
    } else if (last !== undefined) last.end = offset + index + segment.length
    else leading += segment.length
  }
  return words.length > 0 ? words : [{ start: offset, end: offset + run.length }]
}
