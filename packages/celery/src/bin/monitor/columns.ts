/** Texts as a terminal shows them: how many columns they take, cut and filled to so many. */
import { stripVTControlCharacters } from 'node:util'

/** What takes two columns: East Asian scripts, full-width forms, emoji. */
const WIDE =
  /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

const NO_WIDTH = /\p{Mark}/u

/** Whoever sends tasks must not be able to move the cursor here, or to turn the direction of writing. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, '�')
}

export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += widthOf(character)
  return columns
}

/** As much of the text as fits. */
export function cut(text: string, columns: number): string {
  let [end, used] = [0, 0]
  for (const character of text) {
    used += widthOf(character)
    if (used > columns) break
    end += character.length
  }
  return text.slice(0, end)
}

/** Exactly so many columns. */
export function fill(text: string, columns: number): string {
  const shown = cut(text, columns)
  return shown + ' '.repeat(Math.max(0, columns - columnsOf(shown)))
}

/** With an ellipsis where it does not fit. */
export function abbreviate(text: string, columns: number, ellipsis = '...'): string {
  if (columnsOf(text) <= columns) return text
  return cut(text, Math.max(0, columns - columnsOf(ellipsis))) + ellipsis
}

/** Lines of so many columns at most; between words where there are any. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (columnsOf(rest) > columns) {
    const whole = cut(rest, columns)
    const space = rest[whole.length] === ' ' ? whole.length : whole.lastIndexOf(' ')
    const line = space > 0 ? whole.slice(0, space) : whole || (Array.from(rest)[0] as string)
    lines.push(line)
    rest = rest.slice(line.length).trimStart()
  }
  return rest === '' && lines.length > 0 ? lines : [...lines, rest]
}

function widthOf(character: string): number {
  if (NO_WIDTH.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
