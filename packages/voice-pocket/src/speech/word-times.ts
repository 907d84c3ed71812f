/** When each word of the original is heard: as the engine tells, and between what it tells. */
import type { Mark } from '../engines/engine.ts'
import { isSpeakable } from '../text/normalise.ts'
import { originalWords } from '../text/original-words.ts'
import type { Place, SpokenText } from '../text/spoken-text.ts'
import type { Said, TimedWord } from './timeline.ts'

/** What a digit is read as has about so many sounds. */
const SOUNDS_OF_DIGIT = 4
/** Letters and digits, but not the ㅇ that Hangul begins a syllable with when there is no consonant. */
const SOUND = /(?!\u110b)[\p{L}\p{N}]/gu
/** In IPA; pauses have no letter, and `(en)` is eSpeak's word for speaking another language from here on. */
const PHONEME = /^[^(]*\p{L}/u

/** A word of the original, and where in the spoken text it begins. */
interface HeardWord extends Place {
  readonly from: number
  /** Of its first letter or digit: a mark up to here is about its beginning. */
  readonly firstSound: number
}

/** Here, in the spoken text, something begins to be heard. */
interface Beginning {
  readonly at: number
  readonly ms: number
}

/**
 * Every word of the original, once and in order; each lasts until the next begins, and the last until the sound ends.
 * Words that were read as one, such as "3 km", stay one; a word of which nothing is heard, such as a dash, belongs to
 * the one before it. Where the engine did not say when a word begins, it is worked out from the sounds between the two
 * beginnings around it that are known.
 */
export function timeWords(original: string, said: Said): TimedWord[] {
  const { durationMs } = said
  const heard = heardWords(original, said)
  const begun = beginnings(heard, said)
  return heard.map(({ start, end }, index) => {
    const { ms: startMs, isKnown } = begun[index] as Begun
    const endMs = begun[index + 1]?.ms ?? durationMs
    const word = { start, end, text: original.slice(start, end), startMs, endMs }
    return isKnown ? word : { ...word, estimated: true }
  })
}

function heardWords(original: string, { spoken, start, end, marks }: Said): HeardWord[] {
  const characters = Array.from(spoken.text.matchAll(/\S/gu), ({ 0: character, index }) => {
    const place = spoken.place(index, index + character.length)
    return { ...place, index, isSound: isSpeakable(character) }
  })
  const marked = marks.filter(isWord).map((mark) => spoken.place(mark.start, mark.end))
  const words: { start: number; end: number; from: number; firstSound: number }[] = []
  let silent: number | undefined
  for (const word of originalWords(original, start, end)) {
    const own = characters.filter((character) => overlaps(character, word))
    const [first] = own
    const sound = own.find(({ isSound }) => isSound) ?? first
    const isHeard = own.some(({ isSound }) => isSound) || marked.some((place) => overlaps(place, word))
    const last = words.at(-1)
    const isReadWithLast = isHeard && last !== undefined && sound !== undefined && sound.start < last.end
    if (last !== undefined && (!isHeard || isReadWithLast)) last.end = word.end
    else if (!isHeard || first === undefined || sound === undefined) silent ??= word.start
    else {
      words.push({ start: silent ?? word.start, end: word.end, from: first.index, firstSound: sound.index })
      silent = undefined
    }
  }
  return words
}

interface Begun {
  readonly ms: number
  readonly isKnown: boolean
}

/** Words of which nothing is known, between two beginnings that are. */
interface Gap {
  readonly before: Beginning
  readonly after: Beginning
  readonly words: readonly HeardWord[]
}

function beginnings(heard: readonly HeardWord[], said: Said): Begun[] {
  const known = knownBeginnings(said)
  const told = heard.map(({ from, firstSound }) => known.find(({ at }) => at >= from && at <= firstSound))
  const unknown = heard.filter((_, index) => told[index] === undefined)
  const end = { at: said.spoken.text.length, ms: said.durationMs }
  return heard.map((word, index) => {
    const ms = told[index]?.ms
    if (ms !== undefined) return { ms, isKnown: true }
    const before = known.findLast(({ at }) => at < word.from) ?? { at: -1, ms: 0 }
    const after = known.find(({ at }) => at > word.firstSound) ?? end
    const words = unknown.filter(({ from }) => from > before.at && from < after.at)
    return { ms: between({ before, after, words }, word, said), isKnown: false }
  })
}

/** In the order of the text and of time; an engine that tells of a place twice means the first. */
function knownBeginnings({ marks, durationMs }: Said): Beginning[] {
  const known: Beginning[] = []
  for (const { start, at } of marks.filter(isWord)) {
    const last = known.at(-1)
    if (at < durationMs && (last === undefined || (start > last.at && at > last.ms)))
      known.push({ at: start, ms: at })
  }
  return known
}

/** With a sound of its own, if the engine tells of as many as there are words, or else as if all took equally long. */
function between({ before, after, words }: Gap, word: HeardWord, { spoken, marks }: Said): number {
  const all = Math.max(1, sounds(spoken, before.at, after.at))
  const shareOf = ({ from }: HeardWord) => sounds(spoken, before.at, from) / all
  const heard = marks.filter((mark) => isSound(mark) && mark.at >= before.ms && mark.at < after.ms)
  // The first sound belongs to the word before, where there is one.
  let own = before.at < 0 ? -1 : 0
  for (const [place, each] of words.entries()) {
    const most = heard.length - (words.length - place)
    own = Math.min(most, Math.max(own + 1, Math.round(shareOf(each) * heard.length)))
    if (each === word) break
  }
  const isEnough = heard.length >= words.length + (before.at < 0 ? 0 : 1)
  const sound = isEnough ? heard[own] : undefined
  return sound?.at ?? before.ms + shareOf(word) * (after.ms - before.ms)
}

/** About how many sounds a part of a text has. */
function sounds({ text }: SpokenText, from: number, to: number): number {
  const letters = text.slice(Math.max(0, from), to).normalize('NFD').match(SOUND) ?? []
  return letters.reduce((sum, letter) => sum + (/\p{N}/u.test(letter) ? SOUNDS_OF_DIGIT : 1), 0)
}

function isWord({ type }: Mark): boolean {
  return type === 'word'
}

function isSound({ type, phoneme }: Mark): boolean {
  return type === 'phoneme' && PHONEME.test(phoneme)
}

function overlaps(one: Place, other: Place): boolean {
  return one.start < other.end && one.end > other.start
}
