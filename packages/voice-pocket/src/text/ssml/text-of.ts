import { type Place, SpokenText } from '../spoken-text.ts'

const SPECIAL =
  /<!\[CDATA\[(?<literal>.*?)\]\]>|<!--.*?-->|&(?:#x(?<hex>[0-9a-f]+)|#(?<decimal>\d+)|(?<name>[a-z]+));/gisu
const LINE_BREAK = /[\r\n]/u
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const CDATA = { before: '<![CDATA['.length, behind: ']]>'.length } as const

/** What well-formed XML without tags says: every character, each with its place. */
export function textOf(source: string, { start, end }: Place): SpokenText[] {
  const parts: SpokenText[] = []
  let at = start
  for (const { 0: whole, index, groups = {} } of source.slice(start, end).matchAll(SPECIAL)) {
    const place = { start: start + index, end: start + index + whole.length }
    parts.push(...onOneLine(source, { start: at, end: place.start }))
    at = place.end
    if (groups.literal === undefined) parts.push(SpokenText.inPlaceOf(place, characterOf(groups)))
    else {
      const literal = { start: place.start + CDATA.before, end: place.end - CDATA.behind }
      parts.push(...onOneLine(source, literal))
    }
  }
  parts.push(...onOneLine(source, { start: at, end }))
  return parts.filter(({ text }) => text !== '')
}

/** Line breaks with the blanks around them are one blank. */
function onOneLine(source: string, { start, end }: Place): SpokenText[] {
  const parts: SpokenText[] = []
  let at = start
  for (const { 0: blank, index } of source.slice(start, end).matchAll(/\s+/gu)) {
    if (!LINE_BREAK.test(blank)) continue
    const place = { start: start + index, end: start + index + blank.length }
    parts.push(SpokenText.of(source, at, place.start), SpokenText.inPlaceOf(place, ' '))
    at = place.end
  }
  return [...parts, SpokenText.of(source, at, end)]
}

/** Of an entity; a comment is none. */
function characterOf({ hex, decimal, name }: Readonly<Record<string, string | undefined>>): string {
  if (name !== undefined) return ENTITIES[name] ?? ''
  if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
  return decimal === undefined ? '' : String.fromCodePoint(Number(decimal))
}
