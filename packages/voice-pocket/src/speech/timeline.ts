/** When which part of the original text is heard. */
import type { Mark } from '../engines/engine.ts'
import { originalWords } from '../text/original-words.ts'
import type { Place, SpokenText } from '../text/spoken-text.ts'

/** Milliseconds from the beginning of the sound. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** As the original has it: "3km", however many words it was read as. */
export interface TimedWord extends Place, Span {
  readonly text: string
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
  /** The engine did not say when it speaks which word: their times go by their lengths. */
  readonly estimated: boolean
}

export interface Timeline {
  readonly durationMs: number
  readonly sentences: readonly TimedSentence[]
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
  const heard = marks.filter(({ type }) => type === 'word')
  const beginnings = heard.length > 0 ? heardBeginnings(said, heard) : estimatedBeginnings(said)
  return {
    start,
    end,
    text: original.slice(start, end),
    startMs: 0,
    endMs: durationMs,
    words: timeWords(original, said, beginnings),
    phonemes: timePhonemes(marks, durationMs),
    estimated: heard.length === 0,
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
export function moved({ durationMs, sentences }: Timeline, offset: number): Timeline {
  const shift = <Placed extends Place>(placed: Placed): Placed => ({
    ...placed,
    start: placed.start + offset,
    end: placed.end + offset,
  })
  return {
    durationMs,
    sentences: sentences.map((sentence) => ({ ...shift(sentence), words: sentence.words.map(shift) })),
  }
}

/** Here, in the original, something begins to be heard. */
interface Beginning extends Place {
  readonly ms: number
}

function heardBeginnings({ spoken }: Said, marks: readonly Mark[]): Beginning[] {
  return marks.map(({ start, end, at }) => ({ ...spoken.place(start, end), ms: at }))
}

/** As if every letter took as long as every other. */
function estimatedBeginnings({ spoken, durationMs }: Said): Beginning[] {
  const words = spoken.words()
  const total = words.reduce((sum, { text }) => sum + text.length, 0)
  let before = 0
  return words.map(({ text, start, end }) => {
    const ms = (durationMs * before) / total
    before += text.length
    return { start, end, ms }
  })
}

/**
 * A word of the original begins with the first thing that is heard of it, and lasts until the next word begins. Words
 * that were read as one, such as "3 km", stay one; a word of which nothing is heard, such as a dash, belongs to the
 * one before it.
 */
function timeWords(
  original: string,
  { start, end, durationMs }: Said,
  beginnings: readonly Beginning[],
): TimedWord[] {
  const words: { start: number; end: number; startMs: number }[] = []
  let silent: number | undefined
  for (const word of originalWords(original, start, end)) {
    const first = beginnings.find((place) => place.start < word.end && place.end > word.start)
    const last = words.at(-1)
    if (last !== undefined && (first === undefined || first.start < last.end)) last.end = word.end
    else if (first === undefined) silent ??= word.start
    else words.push({ ...word, start: silent ?? word.start, startMs: Math.min(first.ms, durationMs) })
    if (first !== undefined) silent = undefined
  }
  return words.map((word, index) => {
    const next = words[index + 1]?.startMs ?? durationMs
    return { ...word, endMs: Math.max(next, word.startMs), text: original.slice(word.start, word.end) }
  })
}

function timePhonemes(marks: readonly Mark[], durationMs: number): TimedPhoneme[] {
  const heard = marks.filter(({ type, phoneme }) => type === 'phoneme' && phoneme !== '')
  return heard.map(({ at, phoneme }, index) => ({
    phoneme,
    startMs: Math.min(at, durationMs),
    endMs: Math.min(heard[index + 1]?.at ?? durationMs, durationMs),
  }))
}
