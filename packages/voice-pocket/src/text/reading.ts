/** A text as it will be read aloud: sentence by sentence, in whose language, with which words, and from where. */
import type { Lexicon } from './lexicon.ts'
import { isSpeakable, normalised } from './normalise.ts'
import { detectLanguage, sentenceLanguage } from './script.ts'
import { type Pause, type Segment, segment } from './segment.ts'
import { type Place, SpokenText } from './spoken-text.ts'
import { verbalised } from './verbalise.ts'

/** Of a text in a script we do not know. */
const FALLBACK_LANGUAGE = 'en'

export interface ReadingOptions {
  /** When not told, each sentence is read in the language of its script. */
  readonly language?: string
  /** Of a longer text that this one is a part of; decides where the script of a sentence does not. */
  readonly contextLanguage?: string
  /** `false` leaves numbers, signs and foreign words to the engine; default true. */
  readonly normalize?: boolean
  /** Comes before everything else, and is used also without the rest. */
  readonly lexicon?: Lexicon
}

/** What is said in one go. Its place in the original is without the blanks around it. */
export interface Reading extends Place {
  readonly spoken: SpokenText
  readonly language: string
  /** Behind it. */
  readonly pause: Pause
}

/** Of the text as a whole. */
export function contextLanguage(text: string): string {
  return detectLanguage(text) ?? FALLBACK_LANGUAGE
}

/** Only what can be said; empty when that is nothing. */
export function readings(text: string, options: ReadingOptions = {}): Reading[] {
  const textLanguage = options.language ?? options.contextLanguage ?? contextLanguage(text)
  const read: Reading[] = []
  for (const part of segment(text)) {
    const reading = readingOf(text, part, textLanguage, options)
    const last = read.at(-1)
    if (isSpeakable(reading.spoken.text)) read.push(reading)
    // A line of asterisks is not spoken, but the pause behind it is still one.
    else if (last !== undefined) read.splice(-1, 1, { ...last, pause: longer(last.pause, part.pause) })
  }
  return read
}

function readingOf(
  text: string,
  { text: part, start, end, pause }: Segment,
  textLanguage: string,
  { language: wanted, normalize = true, lexicon }: ReadingOptions,
): Reading {
  const plain = normalised(SpokenText.of(text, start, start + part.trimEnd().length))
  const language = wanted ?? sentenceLanguage(plain.text, textLanguage)
  const known = lexicon?.applied(plain, language) ?? plain
  const spoken = normalize && isSpeakable(known.text) ? verbalised(known, language) : known
  return { start: end - part.trimStart().length, end: start + part.trimEnd().length, spoken, language, pause }
}

const PAUSES: readonly Pause[] = ['none', 'clause', 'sentence', 'paragraph']

function longer(one: Pause, other: Pause): Pause {
  return PAUSES.indexOf(one) < PAUSES.indexOf(other) ? other : one
}
