import type { Place, Run } from '../spoken-text.ts'

const SPECIAL =
  /<!\[CDATA\[(?<literal>.*?)\]\]>|<!--.*?-->|&(?:#x(?<hex>[0-9a-f]+)|#(?<decimal>\d+)|(?<name>[a-z]+));/gisu
const LINE_BREAK = /[\r\n]/u
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const CDATA = { before: '<![CDATA['.length, behind: ']]>'.length } as const

/** What well-formed XML without tags says: every character, each with its place. */
export function textOf(source: string, { start, end }: Place): Run[] {
  const runs: Run[] = []
  let at = start
  for (const { 0: whole, index, groups = {} } of source.slice(start, end).matchAll(SPECIAL)) {
    const place = { start: start + index, end: start + index + whole.length }
    addOnOneLine(runs, source, at, place.start)
    at = place.end
    if (groups.literal !== undefined)
      addOnOneLine(runs, source, place.start + CDATA.before, place.end - CDATA.behind)
    else add(runs, { ...place, text: characterOf(groups), verbatim: false })
  }
  addOnOneLine(runs, source, at, end)
  return runs
}

/** Line breaks with the blanks around them are one blank. */
function addOnOneLine(runs: Run[], source: string, start: number, end: number): void {
  let at = start
  for (const { 0: blank, index } of source.slice(start, end).matchAll(/\s+/gu)) {
    if (!LINE_BREAK.test(blank)) continue
    const place = { start: start + index, end: start + index + blank.length }
    add(runs, { text: source.slice(at, place.start), start: at, end: place.start, verbatim: true })
    add(runs, { ...place, text: ' ', verbatim: false })
    at = place.end
  }
  add(runs, { text: source.slice(at, end), start: at, end, verbatim: true })
}

function add(runs: Run[], run: Run): void {
  if (run.text !== '') runs.push(run)
}

/** Of an entity; a comment is none. */
function characterOf({ hex, decimal, name }: Readonly<Record<string, string | undefined>>): string {
  if (name !== undefined) return ENTITIES[name] ?? ''
  if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
  return decimal === undefined ? '' : String.fromCodePoint(Number(decimal))
}
