/** What a long text is to its parts, in the storage: a line of JSON for each, with all that is needed to speak it. */
import { type Run, SpokenText } from '../text/spoken-text.ts'
import type { Part } from './parts.ts'
import type { Sentence } from './sentences.ts'

/** Of a part: its sentences know places in `content`, which knows where it stands in what was sent. */
export interface PartScript {
  readonly content: SpokenText
  readonly sentences: readonly Sentence[]
}

export interface ScriptFile {
  readonly lines: readonly Uint8Array[]
  /** Where in the file each line is. */
  readonly bytes: readonly (readonly [start: number, end: number])[]
}

export function writeScript(content: SpokenText, parts: readonly Part[]): ScriptFile {
  const lines = parts.map((part) => Buffer.from(`${JSON.stringify(partScript(content, part))}\n`))
  let end = 0
  const bytes = lines.map(({ length }) => {
    end += length
    return [end - length, end] as const
  })
  return { lines, bytes }
}

export function readScriptLine(line: string): PartScript {
  const { content, sentences } = JSON.parse(line) as PartJson
  return {
    content: SpokenText.ofRuns(content),
    sentences: sentences.map((sentence) => ({ ...sentence, spoken: SpokenText.ofRuns(sentence.spoken) })),
  }
}

interface PartJson {
  readonly content: readonly Run[]
  readonly sentences: readonly (Omit<Sentence, 'spoken'> & { readonly spoken: readonly Run[] })[]
}

function partScript(content: SpokenText, part: Part): PartScript {
  const { sentences } = part
  // A mark can stand between two parts; where that is in what was sent, the character behind it tells.
  const marked = sentences.flatMap(({ marks }) => marks.map(({ at }) => at))
  const start = marked.reduce((least, at) => Math.min(least, at), part.start)
  const end = marked.reduce((most, at) => Math.max(most, at + 1), part.end)
  return {
    content: content.slice(start, end),
    sentences: sentences.map((sentence) => ({
      ...sentence,
      start: sentence.start - start,
      end: sentence.end - start,
      spoken: sentence.spoken.moved(-start),
      marks: sentence.marks.map((mark) => ({ ...mark, at: mark.at - start })),
    })),
  }
}
