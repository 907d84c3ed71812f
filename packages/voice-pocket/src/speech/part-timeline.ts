import type { Mark } from '../engines/engine.ts'
import type { NamedMark } from '../text/reading.ts'
import type { Sentence } from './sentences.ts'
import { later, type TimedMark, type TimedSentence, type Timeline, timeSentence } from './timeline.ts'

/** What is heard of one sentence. */
export interface Heard {
  readonly marks: readonly Mark[]
  /** In the part. */
  readonly startMs: number
  readonly durationMs: number
}

/** The times of a part, while it is being spoken: what was said in pieces is one sentence again. */
export class PartTimeline {
  readonly #original: string
  readonly #sentences: TimedSentence[] = []
  readonly #marks: TimedMark[] = []

  constructor(original: string) {
    this.#original = original
  }

  add(sentence: Sentence, { marks, startMs, durationMs }: Heard): void {
    const { start, end, spoken, continues } = sentence
    const timed = later(timeSentence(this.#original, { start, end, spoken, marks, durationMs }), startMs)
    for (const mark of sentence.marks) this.#marks.push({ ...mark, ms: reached(mark, timed) })
    if (spoken.text === '') return
    const last = continues ? this.#sentences.pop() : undefined
    this.#sentences.push(last === undefined ? timed : this.#whole(last, timed))
  }

  finish(durationMs: number): Timeline {
    return { durationMs, sentences: this.#sentences, marks: this.#marks }
  }

  #whole(first: TimedSentence, rest: TimedSentence): TimedSentence {
    return {
      ...first,
      end: rest.end,
      text: this.#original.slice(first.start, rest.end),
      endMs: rest.endMs,
      words: [...first.words, ...rest.words],
      phonemes: [...first.phonemes, ...rest.phonemes],
      estimated: first.estimated || rest.estimated,
    }
  }
}

/** When the first word behind the mark begins, or the sentence is over. */
function reached({ at }: NamedMark, { words, endMs }: TimedSentence): number {
  return words.find(({ start }) => start >= at)?.startMs ?? endMs
}
