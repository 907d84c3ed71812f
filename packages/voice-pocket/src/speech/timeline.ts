/** When which part of the original text is heard. */
import type { Mark } from '../engines/engine.ts'
import type { Place, SpokenText } from '../text/spoken-text.ts'
import { timeWords } from './word-times.ts'

/** Milliseconds from the beginning of the sound. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** As the original has it: "3km", however many words it was read as. */
export interface TimedWord extends Place, Span {
  readonly text: string
  /** The engine did not say when it begins: worked out from what it said of the words around it. */
  readonly estimated?: true
}

export interface TimedPhoneme extends Span {
  /** In IPA. */
  readonly phoneme: string
}

export interface TimedSentence extends Place, Span {
  readonly text: string
  readonly words: readonly TimedWord[]
  /** Empty when the engine does not know them. */
  readonly phonemes: readonly TimedPhoneme[]
  /** The engine did not say of any word when it speaks it. */
  readonly estimated: boolean
}

/** What the writer wanted to know the time of, by the name they gave it. */
export interface TimedMark {
  readonly name: string
  /** Where it stands in the text. */
  readonly at: number
  readonly ms: number
}

export interface Timeline {
  readonly durationMs: number
  readonly sentences: readonly TimedSentence[]
  readonly marks: readonly TimedMark[]
}

/** As it was stored; before there was SSML, there were no marks. */
export function readTimeline(stored: unknown): Timeline {
  return { marks: [], ...(stored as Omit<Timeline, 'marks'>) }
}

/** What was said of one sentence, in which an engine knows places only in what it was given. */
export interface Said extends Place {
  readonly spoken: SpokenText
  readonly marks: readonly Mark[]
  readonly durationMs: number
}

/** The times of one sentence, from its own beginning. */
export function timeSentence(original: string, said: Said): TimedSentence {
  const { start, end, marks, durationMs } = said
  return {
    start,
    end,
    text: original.slice(start, end),
    startMs: 0,
    endMs: durationMs,
    words: timeWords(original, said),
    phonemes: timePhonemes(marks, durationMs),
    estimated: !marks.some(({ type }) => type === 'word'),
  }
}

/** The same sentence in a sound in which it begins later. */
export function later(sentence: TimedSentence, ms: number): TimedSentence {
  const shift = <Timed extends Span>(timed: Timed): Timed => ({
    ...timed,
    startMs: timed.startMs + ms,
    endMs: timed.endMs + ms,
  })
  return { ...shift(sentence), words: sentence.words.map(shift), phonemes: sentence.phonemes.map(shift) }
}

/** The same times of a text that stands further behind in a longer one. */
export function moved(timeline: Timeline, offset: number): Timeline {
  return placed(timeline, ({ start, end }) => ({ start: start + offset, end: end + offset }))
}

/** The same times of a text that is the content of what was sent, by where it stands there. */
export function located(timeline: Timeline, content: SpokenText): Timeline {
  return placed(timeline, ({ start, end }) => content.place(start, end))
}

function placed({ durationMs, sentences, marks }: Timeline, place: (there: Place) => Place): Timeline {
  const put = <Placed extends Place>(one: Placed): Placed => ({ ...one, ...place(one) })
  return {
    durationMs,
    sentences: sentences.map((sentence) => ({ ...put(sentence), words: sentence.words.map(put) })),
    marks: marks.map((mark) => ({ ...mark, at: place({ start: mark.at, end: mark.at }).start })),
  }
}

function timePhonemes(marks: readonly Mark[], durationMs: number): TimedPhoneme[] {
  const heard = marks.filter(({ type, phoneme }) => type === 'phoneme' && phoneme !== '')
  return heard.map(({ at, phoneme }, index) => ({
    phoneme,
    startMs: Math.min(at, durationMs),
    endMs: Math.min(heard[index + 1]?.at ?? durationMs, durationMs),
  }))
}
