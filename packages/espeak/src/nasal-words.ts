/**
 * eSpeak NG tells of no Korean word that begins with ㄴ or ㅁ: it loses the beginning of the word where it makes the
 * sound of the letter. But it tells of the sounds, and each syllable of Hangul has one vowel, so they can be counted.
 */
import type { SpeechEvent } from './espeak.ts'

/** What is read as it is written; signs, digits and other letters may have any number of vowels, or none. */
const ONLY_HANGUL = /^[가-힣\s.,;:!?…·'"“”‘’()[\]「」『』—–-]*$/u
const SYLLABLE = /[가-힣]/gu
const VOWEL = /^[ˈˌ]?[ɐɛʌouɯie]/u
const GLIDE = /^[jw]$/u
const FIRST_SYLLABLE = 0xac00
const SYLLABLES_OF_INITIAL = 588
/** By the number of the letter among those that begin syllables. */
const NASALS: Readonly<Record<number, string>> = { 2: 'n', 6: 'm' }

interface LostWord {
  readonly start: number
  readonly end: number
  readonly nasal: string
}

/** The same events, and one for each word that was lost and can be found by its sounds. */
export function withNasalWords(text: string, events: readonly SpeechEvent[]): readonly SpeechEvent[] {
  const lost = lostWords(text, events)
  if (lost.length === 0) return events
  const found = new Map<SpeechEvent, SpeechEvent>()
  for (const word of lost) {
    const sound = firstSound(text, events, word)
    const { start, end } = word
    if (sound) found.set(sound, { type: 'word', start, end, at: sound.at, phoneme: '' })
  }
  return events.flatMap((event) => [found.get(event) ?? [], event].flat())
}

function lostWords(text: string, events: readonly SpeechEvent[]): LostWord[] {
  const told = events.filter(isWord)
  return [...text.matchAll(/\S+/gu)].flatMap(({ 0: token, index }) => {
    const [letters = ''] = /[\p{L}\p{N}].*[\p{L}\p{N}]|[\p{L}\p{N}]/u.exec(token) ?? []
    const start = index + token.indexOf(letters)
    const initial = Math.floor((letters.charCodeAt(0) - FIRST_SYLLABLE) / SYLLABLES_OF_INITIAL)
    const nasal = NASALS[initial]
    if (nasal === undefined || told.some((word) => word.start >= index && word.start <= start)) return []
    return [{ start, end: start + letters.length, nasal }]
  })
}

/** In front of the vowel of its first syllable, among the sounds between the words around it that were told. */
function firstSound(
  text: string,
  events: readonly SpeechEvent[],
  { start, nasal }: LostWord,
): SpeechEvent | undefined {
  const before = events.findLastIndex((event) => isWord(event) && event.start < start)
  const after = events.findIndex((event) => isWord(event) && event.start > start)
  const [from, to] = [events[before]?.start ?? 0, events[after]?.start ?? text.length]
  const stretch = text.slice(from, to)
  if (!ONLY_HANGUL.test(stretch)) return undefined
  const sounds = events
    .slice(before + 1, after === -1 ? events.length : after)
    .filter(({ type }) => type === 'phoneme')
  const vowels = sounds.flatMap(({ phoneme }, index) => (VOWEL.test(phoneme) ? [index] : []))
  if (vowels.length !== syllables(stretch)) return undefined
  let onset = Number(vowels[syllables(text.slice(from, start))]) - 1
  if (GLIDE.test(sounds[onset]?.phoneme ?? '')) onset -= 1
  return sounds[onset]?.phoneme === nasal ? sounds[onset] : undefined
}

function syllables(text: string): number {
  return text.match(SYLLABLE)?.length ?? 0
}

function isWord({ type }: SpeechEvent): boolean {
  return type === 'word'
}
