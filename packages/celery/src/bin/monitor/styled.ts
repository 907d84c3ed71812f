/** Lines as they are drawn: pieces of text, each with its colours. */
import { styleText } from 'node:util'
import { columnsOf, cut } from './columns.ts'

type Format = Extract<Parameters<typeof styleText>[0], string>

export type Piece = readonly [text: string, ...formats: Format[]]
export type Line = readonly Piece[]
export type { Format }

/** How a piece is written; without colours it is its text. */
export type Paint = (text: string, formats: readonly Format[]) => string

/** With colours where stdout takes them. */
export const paint: Paint = (text, formats) => styleText([...formats], text, { stream: process.stdout })

/** As much of a line as fits, and blanks where it is shorter. */
export function fit(line: Line, columns: number): Line {
  const pieces: Piece[] = []
  let left = columns
  for (const [text, ...formats] of line) {
    const shown = cut(text, left)
    left -= columnsOf(shown)
    pieces.push([shown, ...formats])
  }
  return [...pieces, [' '.repeat(left)]]
}

/** So many rows, with blank ones after those that there are. */
export function fillRows(lines: readonly Line[], rows: number, blank: Line = []): readonly Line[] {
  return Array.from({ length: rows }, (_, index) => lines[index] ?? blank)
}

/** One line of exactly so many columns. */
export function write(line: Line, columns: number, painted: Paint): string {
  return fit(line, columns)
    .map(([text, ...formats]) => (formats.length > 0 && text !== '' ? painted(text, formats) : text))
    .join('')
}
