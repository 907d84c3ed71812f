import { MarkupError } from '../../exceptions.ts'
import {
  AS_THE_REST,
  type Block,
  type Cue,
  type Manner,
  type Manuscript,
  type Passage,
  type Saying,
} from '../manuscript.ts'
import type { Pause } from '../segment.ts'
import { type Run, SpokenText } from '../spoken-text.ts'
import { checkAttributes, type Element, elementNamed } from './elements.ts'
import { type MarkupHandler, markupError, readMarkup, type Tag } from './markup.ts'
import { textOf } from './text-of.ts'

/** All breaks of a text together: silence is as large as speech. */
const MAX_SILENCE_MS = 600_000
/** Of what is said as a whole: a word or a name. */
const MAX_WHOLE = 300

/**
 * SSML as a manuscript. Line breaks mean nothing, as everywhere in XML; what parts paragraphs and sentences is `p` and
 * `s`, and within them the rules for every text.
 * @throws MarkupError
 */
export function readSsml(source: string): Manuscript {
  const reader = new SsmlReader(source)
  readMarkup(source, reader)
  return reader.finish()
}

/** An element that is open. */
interface Frame {
  readonly name: string
  readonly element: Element
  readonly at: number
  readonly manner: Manner
  readonly saying?: Saying
  /** Where its text begins in the content. */
  readonly start: number
}

/**
 * Collects what the markup tells, tag by tag: the words, in blocks; how each stretch of them is said; breaks and marks
 * between them. What an element may have, and means, is in elements.ts; this class knows where it stands.
 */
class SsmlReader implements MarkupHandler {
  readonly #source: string
  readonly #content: Run[] = []
  #length = 0
  readonly #frames: Frame[] = []
  readonly #blocks: Block[] = []
  readonly #passages: Passage[] = []
  readonly #cues: Cue[] = []
  #blockStart = 0
  #silenceMs = 0
  /** Since the last tag that was opened. */
  #hasText = false

  constructor(source: string) {
    this.#source = source
  }

  finish(): Manuscript {
    return {
      content: SpokenText.ofRuns(this.#content),
      blocks: this.#blocks,
      passages: this.#passages,
      cues: this.#cues,
    }
  }

  open(tag: Tag): void {
    try {
      this.#open(tag)
    } catch (error) {
      throw error instanceof MarkupError
        ? markupError(this.#source, tag.at, `<${tag.name}> ${error.message}`)
        : error
    }
  }

  close(at: number): void {
    const { element, manner, saying, start, ...frame } = this.#frames.pop() as Frame
    if (saying !== undefined) {
      if (!this.#hasText) this.#refuse(frame, 'must have the text in it that is meant')
      if (this.#length - start > MAX_WHOLE)
        this.#refuse(frame, `must have at most ${MAX_WHOLE} characters in it`)
      this.#passages.push({ start, end: this.#length, manner, saying })
    }
    if (element.block !== undefined || this.#frames.length === 0)
      this.#endBlock(at, element.block, element.block === 'sentence')
  }

  text(start: number, end: number): void {
    const frame = this.#frames.at(-1) as Frame
    const from = this.#length
    for (const run of textOf(this.#source, { start, end })) this.#add(run)
    if (frame.saying !== undefined || this.#length === from) return
    if (frame.element.content === 'nothing') this.#refuse(frame, 'must be empty')
    if (frame.manner === AS_THE_REST) return
    this.#passages.push({ start: from, end: this.#length, manner: frame.manner })
  }

  #open({ name, attributes, at }: Tag): void {
    const element = elementNamed(name)
    checkPlace(
      name,
      this.#frames.map(({ name }) => name),
      this.#frames.at(-1)?.element,
    )
    checkAttributes(element, attributes)
    const around = this.#frames.at(-1)?.manner ?? AS_THE_REST
    const { manner = {}, saying, breakMs, mark } = element.tell(attributes, around)
    if (element.block !== undefined) this.#endBlock(at, element.block)
    if (breakMs !== undefined) this.#break(breakMs)
    if (mark !== undefined) this.#cues.push({ at: this.#length, mark })
    const own = Object.keys(manner).length === 0 ? around : { ...around, ...manner }
    const start = this.#length
    this.#hasText = false
    this.#frames.push({ name, element, at, manner: own, start, ...(saying !== undefined && { saying }) })
  }

  #break(breakMs: number): void {
    this.#silenceMs += breakMs
    if (this.#silenceMs > MAX_SILENCE_MS) {
      const seconds = MAX_SILENCE_MS / 1000
      throw new MarkupError(`makes the breaks longer than ${seconds}s together; send the text in parts`)
    }
    this.#cues.push({ at: this.#length, breakMs })
  }

  #add(run: Run): void {
    this.#content.push(run)
    this.#length += run.text.length
    this.#hasText ||= /\S/u.test(run.text)
  }

  /** Blocks are kept apart by a blank, so that no word goes on in the next one. */
  #endBlock(at: number, pause: Pause = 'none', isSentence = false): void {
    this.#blocks.push({ start: this.#blockStart, end: this.#length, pause, isSentence })
    this.#add({ text: ' ', start: at, end: at, verbatim: false })
    this.#blockStart = this.#length
  }

  #refuse({ name, at }: Pick<Frame, 'name' | 'at'>, rule: string): never {
    throw markupError(this.#source, at, `<${name}> ${rule}`)
  }
}

/** @throws MarkupError, which says the rule */
function checkPlace(name: string, open: readonly string[], parent: Element | undefined): void {
  if (open.length === 0 && name !== 'speak')
    throw new MarkupError('cannot be the outermost element; that is <speak>')
  if (open.length > 0 && name === 'speak') throw new MarkupError('can only be the outermost element')
  if (parent !== undefined && parent.content !== 'everything')
    throw new MarkupError(
      `cannot be in <${open.at(-1)}>, which has ${parent.content === 'text' ? 'only text' : 'nothing'} in it`,
    )
  if (name === 'p' && (open.includes('p') || open.includes('s')))
    throw new MarkupError('cannot be in <p> or <s>')
  if (name === 's' && open.includes('s')) throw new MarkupError('cannot be in another <s>')
}
