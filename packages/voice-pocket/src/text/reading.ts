/** A text as it will be read aloud: sentence by sentence, in whose language, with which words, and from where. */
import type { Lexicon } from './lexicon.ts'
import {
  AS_THE_REST,
  type Block,
  type Cue,
  type Manner,
  type Manuscript,
  type Passage,
  type Saying,
} from './manuscript.ts'
import { isSpeakable, normalise, normalised } from './normalise.ts'
import { saidAs } from './say-as.ts'
import { detectLanguage, sentenceLanguage } from './script.ts'
import type { Pause } from './segment.ts'
import { type Place, SpokenText } from './spoken-text.ts'
import { Cursor, manners, type Stretch, sentencesOf } from './stretches.ts'
import { verbalised } from './verbalise.ts'

/** Of a text in a script we do not know. */
const FALLBACK_LANGUAGE = 'en'

export interface ReadingOptions {
  /** When not told, each sentence is read in the language of its script. */
  readonly language?: string
  /** `false` leaves numbers, signs and foreign words to the engine; default true. */
  readonly normalize?: boolean
  /** Comes before everything else, and is used also without the rest. */
  readonly lexicon?: Lexicon
}

/** What is said in one go. Its place in the content is without the blanks around it. */
export interface Reading extends Place {
  /** Nothing, where there is only a break or a mark. */
  readonly spoken: SpokenText
  readonly language: string
  readonly manner: Manner
  /** Of the same sentence as the one before. */
  readonly continues: boolean
  /** In order. */
  readonly marks: readonly NamedMark[]
  /** Behind it. */
  readonly pause: Pause
  /** Behind it, instead of the pause: exactly so long. */
  readonly breakMs?: number
}

/** Reached before the character there is said. */
export interface NamedMark {
  readonly name: string
  readonly at: number
}

/** Only what can be said, heard as a break, or waited for; there may be no words in any of it. */
export function readings(manuscript: Manuscript, options: ReadingOptions = {}): Reading[] {
  const reader = new Reader(manuscript, options)
  for (const block of manuscript.blocks) reader.readBlock(block)
  return reader.finish()
}

/** A stretch of one sentence that is said in one manner. */
interface Piece extends Place {
  readonly manner: Manner
  readonly language: string
  /** Of the sentence. */
  readonly passages: readonly Passage[]
}

/** Goes through a manuscript once, from its beginning to its end. */
class Reader {
  readonly #text: string
  readonly #options: ReadingOptions
  readonly #textLanguage: string
  readonly #passages: { readonly bySentence: Cursor<Passage>; readonly byBlock: Cursor<Passage> }
  readonly #cues: Cursor<Cue>
  readonly #readings: Reading[] = []
  /** Not yet in a reading. */
  #marks: NamedMark[] = []
  /** Something of the sentence is read already. */
  #isWithin = false

  constructor({ content, passages, cues }: Manuscript, options: ReadingOptions) {
    this.#text = content.text
    this.#options = options
    this.#textLanguage = options.language ?? detectLanguage(content.text) ?? FALLBACK_LANGUAGE
    const whole = (passage: Passage) => passage
    this.#passages = { bySentence: new Cursor(passages, whole), byBlock: new Cursor(passages, whole) }
    this.#cues = new Cursor(cues, ({ at }) => ({ start: at, end: at + 1 }))
  }

  readBlock(block: Block): void {
    for (const sentence of sentencesOf(this.#text, block, this.#passages.byBlock))
      this.#readSentence(sentence)
    this.#isWithin = false
    for (const cue of this.#cues.within(block.end, block.end + 1)) this.#take(cue)
    this.#pauseAtLeast(block.pause)
  }

  finish(): Reading[] {
    if (this.#marks.length > 0) this.#break(this.#text.length, 0)
    return this.#readings
  }

  #readSentence({ start, end, pause }: Stretch): void {
    this.#isWithin = false
    const passages = this.#passages.bySentence.within(start, end)
    const [first, ...changes] = manners(this.#text, { start, end }, passages)
    const language = sentenceLanguage(this.#text.slice(start, end), this.#textLanguage)
    let [from, manner] = [start, first?.manner ?? AS_THE_REST]
    const say = (to: number, pause: Pause) => {
      const own = manner.language ?? this.#options.language ?? language
      this.#say({ start: from, end: to, manner, language: own, passages }, pause)
      from = to
    }
    // Of what is at the same place, a change of manner comes first.
    for (const stop of [...changes, ...this.#cues.within(start, end)].sort(
      (one, other) => one.at - other.at,
    )) {
      if ('manner' in stop) {
        say(stop.at, 'none')
        manner = stop.manner
      } else {
        if ('breakMs' in stop) say(stop.at, 'none')
        this.#take(stop)
      }
    }
    say(end, pause)
  }

  /** What has nothing to say is passed over; its pause is still one. */
  #say(piece: Piece, pause: Pause): void {
    const { start, end, language, manner } = piece
    const text = this.#text.slice(start, end)
    const spoken = this.#spoken(piece)
    if (!isSpeakable(spoken.text)) {
      this.#pauseAtLeast(pause)
      return
    }
    const place = { start: end - text.trimStart().length, end: start + text.trimEnd().length }
    this.#add({ ...place, spoken, language, manner, pause })
    this.#isWithin = true
  }

  #spoken({ start, end, language, passages }: Piece): SpokenText {
    const { normalize = true, lexicon } = this.#options
    const plain = normalised(told(this.#text, { start, end }, passages, language))
    const known = lexicon?.applied(plain, language) ?? plain
    return normalize && isSpeakable(known.text) ? verbalised(known, language) : known
  }

  #take(cue: Cue): void {
    if ('mark' in cue) this.#marks.push({ name: cue.mark, at: cue.at })
    else this.#break(cue.at, cue.breakMs)
  }

  /** Breaks one behind the other are one, unless somebody wants to know when the second begins. */
  #break(at: number, breakMs: number): void {
    const last = this.#readings.at(-1)
    if (last === undefined || (this.#marks.length > 0 && last.breakMs !== undefined)) {
      const nothing = SpokenText.of(this.#text, at, at)
      const language = this.#textLanguage
      this.#add({
        start: at,
        end: at,
        spoken: nothing,
        language,
        manner: AS_THE_REST,
        pause: 'none',
        breakMs,
      })
      return
    }
    const marks = this.#marks.length === 0 ? last.marks : [...last.marks, ...this.#marks]
    this.#marks = []
    this.#replaceLast({ ...last, marks, breakMs: (last.breakMs ?? 0) + breakMs })
  }

  #add(reading: Omit<Reading, 'marks' | 'continues'>): void {
    this.#readings.push({ ...reading, marks: this.#marks, continues: this.#isWithin })
    this.#marks = []
  }

  #pauseAtLeast(pause: Pause): void {
    const last = this.#readings.at(-1)
    if (last !== undefined) this.#replaceLast({ ...last, pause: longer(last.pause, pause) })
  }

  #replaceLast(reading: Reading): void {
    this.#readings.splice(-1, 1, reading)
  }
}

/** The text there, as it was told to be said where that was told. */
function told(
  text: string,
  { start, end }: Place,
  passages: readonly Passage[],
  language: string,
): SpokenText {
  const parts: SpokenText[] = []
  let at = start
  for (const { saying, ...place } of passages) {
    if (saying === undefined || place.start < start || place.end > end) continue
    parts.push(SpokenText.of(text, at, place.start), said(text, place, saying, language))
    at = place.end
  }
  return SpokenText.join([...parts, SpokenText.of(text, at, start + text.slice(start, end).trimEnd().length)])
}

function said(text: string, place: Place, saying: Saying, language: string): SpokenText {
  const written = text.slice(place.start, place.end)
  if (saying.is === 'alias') return SpokenText.inPlaceOf(place, saying.text)
  if (saying.is === 'phonemes') return SpokenText.told(place, { text: normalise(written), ipa: saying.ipa })
  const known = saidAs(written, saying.kind, saying.format, language)
  return known === undefined
    ? SpokenText.of(text, place.start, place.end)
    : SpokenText.told(place, { text: known })
}

const PAUSES: readonly Pause[] = ['none', 'clause', 'sentence', 'paragraph']

function longer(one: Pause, other: Pause): Pause {
  return PAUSES.indexOf(one) < PAUSES.indexOf(other) ? other : one
}
