/** XML as far as it is safe: elements, attributes, text, and nothing that would be looked up or defined. */
import { SaxesParser } from 'saxes'
import { MarkupError } from '../../exceptions.ts'

/** Enough for anything that people write by hand. */
const MAX_DEPTH = 32
/** Enough for a book with a mark at every word of a page and a tag at every paragraph. */
const MAX_ELEMENTS = 50_000

export interface Tag {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Where its `<` stands. */
  readonly at: number
}

/** Told of one thing after the other; all of the source between tags is text. */
export interface MarkupHandler {
  open(tag: Tag): void
  close(at: number): void
  /** `source.slice(start, end)`: characters, entities, comments, sections of CDATA. */
  text(start: number, end: number): void
}

/**
 * In proportion to its length, and whatever is wrong is said at the place where it is.
 * @throws MarkupError
 */
export function readMarkup(source: string, handler: MarkupHandler): void {
  const parser = new SaxesParser()
  let [read, depth, elements] = [0, 0, 0]
  /** A tag that closes itself is told of twice. */
  let closedAt: number | undefined
  /** Up to the tag that ends here; a `<` stands nowhere in a tag but at its beginning. */
  const tagAt = () => {
    const at = source.lastIndexOf('<', parser.position - 1)
    if (at > read && depth > 0) handler.text(read, at)
    read = parser.position
    return at
  }
  refuseUnsafe(parser, source, () => read)
  parser.on('opentag', ({ name, attributes, isSelfClosing }) => {
    const at = tagAt()
    depth += 1
    elements += 1
    if (depth > MAX_DEPTH)
      throw markupError(source, at, `there must be at most ${MAX_DEPTH} elements within each other`)
    if (elements > MAX_ELEMENTS)
      throw markupError(source, at, `there must be at most ${MAX_ELEMENTS} elements; send it in parts`)
    handler.open({ name, attributes, at })
    if (isSelfClosing) closedAt = at
  })
  parser.on('closetag', () => {
    const at = closedAt ?? tagAt()
    closedAt = undefined
    depth -= 1
    handler.close(at)
  })
  parser.write(source).close()
}

/** What is not well-formed, and what would define or fetch something. All up to `read` is understood. */
function refuseUnsafe(parser: SaxesParser, source: string, read: () => number): void {
  const refuse = (at: number, rule: string): never => {
    throw markupError(source, at, rule)
  }
  parser.on('error', (error) => {
    const bare = bareAmpersand(source, read(), parser.position)
    if (bare !== undefined) refuse(bare, xmlRule('an & that begins no entity'))
    refuse(parser.position - 1, xmlRule(error.message))
  })
  parser.on('doctype', () =>
    refuse(
      source.indexOf('<!DOCTYPE'),
      'there must be no <!DOCTYPE>: nothing is defined or fetched here; leave it out',
    ),
  )
  parser.on('processinginstruction', ({ target }) =>
    refuse(source.lastIndexOf('<?', parser.position), `there must be no <?${target}?>; leave it out`),
  )
}

export function markupError(source: string, at: number, rule: string): MarkupError {
  const before = source.slice(0, Math.max(0, at)).split(/\r\n|\r|\n/u)
  const column = Array.from(String(before.at(-1))).length + 1
  return new MarkupError(`line ${before.length}, column ${column}: ${rule}`)
}

/** The parser takes all up to a `;`, however far away, for the name of an entity. */
function bareAmpersand(source: string, start: number, end: number): number | undefined {
  const unread = source.slice(start, end)
  const at = unread.search(/&(?!#?\w{1,30};)/u)
  return at === -1 || unread.includes('<![CDATA[') ? undefined : start + at
}

/** `3:14: unclosed tag: p` without its place, which counts otherwise. */
function xmlRule(message: string): string {
  return `this is no well-formed XML: ${message.replace(/^\d+:\d+: /u, '').replace(/\.$/u, '')}; write & and < of a text as &amp; and &lt;`
}
