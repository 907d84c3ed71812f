import type { Place } from '../text/spoken-text.ts'
import type { Sentence } from './sentences.ts'

/**
 * A stretch of a text that is spoken in one go: whole sentences, whatever they are cut into. It is heard as soon as it is
 * spoken, wherever that is, and what comes behind it waits for it and for nothing else.
 */
export interface Part extends Place {
  readonly index: number
  readonly sentences: readonly Sentence[]
}

/** Characters that a part may have when it has more than one sentence: about a minute of speech. */
const MAX_LENGTH = 800
/** The first is heard after one sentence; each may be so many times as long as the one before. */
const GROWTH = 3
const FIRST_LENGTH = 1

/** The text as parts, in order. Together they are all of the sentences, and from one start to the next all of the text. */
export function toParts(sentences: readonly Sentence[]): Part[] {
  const parts: Sentence[][] = []
  let limit = FIRST_LENGTH
  let length = Number.POSITIVE_INFINITY
  for (const sentence of sentences) {
    const size = sentence.end - sentence.start
    if (length + size > limit && !sentence.continues) {
      if (parts.length > 0) limit = Math.min(MAX_LENGTH, GROWTH * Math.max(limit, length))
      parts.push([])
      length = 0
    }
    parts.at(-1)?.push(sentence)
    length += size
  }
  return parts.map((own, index) => ({
    index,
    sentences: own,
    start: own[0]?.start ?? 0,
    end: own.at(-1)?.end ?? 0,
  }))
}
