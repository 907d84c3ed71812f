import { columnsOf, plain, wrap } from './columns.ts'
import type { Page, PageLine } from './model.ts'
import type { Size } from './size.ts'
import { type Format, fillRows, type Line } from './styled.ts'

/** Title above, and below it what to do next. */
const ROWS_AROUND_TEXT = 4

export function drawPage(page: Page, size: Size): readonly Line[] {
  const first = Math.min(page.offset, lastOffset(page, size))
  const shown = textOf(page, size).slice(first, first + size.rows - ROWS_AROUND_TEXT)
  const more = first < lastOffset(page, size) ? ' (j, k: there is more)' : ''
  const top: readonly Line[] = [[], [['   '], [plain(page.title), 'bold', 'underline']], []]
  return [...fillRows([...top, ...shown], size.rows - 1), [[`Press any key to continue...${more}`, 'bold']]]
}

/** How far down there still is something to read. */
export function lastOffset(page: Page, size: Size): number {
  return Math.max(0, textOf(page, size).length - (size.rows - ROWS_AROUND_TEXT))
}

function textOf({ lines }: Page, { columns }: Size): readonly Line[] {
  return lines.flatMap((line) => wrapped(line, columns - 4))
}

/** The name, and after it what belongs to it, or below it where it does not fit. */
function wrapped({ name, text, colour }: PageLine, columns: number): readonly Line[] {
  const formats: readonly Format[] = colour ? [colour] : []
  const label = name === undefined ? '' : `${plain(name)}: `
  const shown = plain(text)
  if (columnsOf(label + shown) <= columns) return [[['   '], [label, 'bold'], [shown, ...formats]]]
  const indent = label === '' ? '   ' : '       '
  const lines = wrap(shown, columns - 4).map((line): Line => [[indent], [line, ...formats]])
  return label === '' ? lines : [[['   '], [label, 'bold']], ...lines]
}
