/**
 * Plain text as eSpeak NG must be given it, so that it says all of it and obeys none of it.
 *
 * eSpeak reads everything as SSML: what follows a `<` is lost without a word. `[[` begins phoneme codes, and NUL
 * ends the text. Its buffers have fixed sizes, and what does not fit is left out in silence: about 40 letters or
 * 20 digits for a word (N_WORD_PHONEMES); 800 bytes (N_TR_SOURCE) and 1000 phonemes (N_PHONEME_LIST) for a clause,
 * the bytes counted after Hangul was taken apart into its letters, so that 80 syllables can be too many.
 * So long runs get a blank and long clauses a comma.
 */
export interface PreparedText {
  readonly ssml: string
  /** For each code point of `ssml` the offset in the plain text it stands for, and the text's length at the end. */
  readonly offsets: readonly number[]
}

const MAX_LETTERS = 32
const MAX_DIGITS = 18
/** From this weight on a blank becomes a comma; at the limit a comma is put in wherever it falls. */
const LONG_CLAUSE = 550
const MAX_CLAUSE = 700
/** Of a letter of eSpeak's notation: it is nearly a phoneme. */
const MNEMONIC_WEIGHT = 1

const DIGITS_OR_CHARACTER = new RegExp(`(?<digits>\\p{Nd}{${MAX_DIGITS + 1},})|.`, 'gsu')
const LETTER = /\p{L}/u
const LETTER_PART = /[\p{M}\u1160-\u11ff]/u
const SILENT = /[\s\p{Cc}\p{Cs}]/u
const CLAUSE_END = /[,.;:?!、。，．；：？！…]/u
const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' }

/** `text.slice(start, end)` in eSpeak's own notation of sounds, word by word. */
export interface Pronounced {
  readonly start: number
  readonly end: number
  readonly mnemonics: readonly string[]
}

/** `pronounced` is in order. */
export function prepareText(text: string, pronounced: readonly Pronounced[] = []): PreparedText {
  const writer = new SsmlWriter()
  let at = 0
  for (const stretch of pronounced) {
    writer.text(text.slice(at, stretch.start), at)
    writer.pronounced(stretch)
    at = stretch.end
  }
  writer.text(text.slice(at), at)
  return writer.finish(text.length)
}

class SsmlWriter {
  readonly #parts: string[] = []
  readonly #offsets: number[] = []
  #letters = 0
  #clause = 0
  #before = ''

  text(text: string, offset: number): void {
    for (const { 0: token, index, groups } of text.matchAll(DIGITS_OR_CHARACTER)) {
      if (groups?.digits === undefined) this.character(token, offset + index)
      else this.digits(token, offset + index)
    }
  }

  /** Its first character stands for the beginning, and all others for the end: a word of it is all of it. */
  pronounced({ start, end, mnemonics }: Pronounced): void {
    for (const word of mnemonics) {
      if (this.#before !== ' ' && this.#before !== '') this.#blank(start)
      this.#put('[[', start)
      const [first = '', ...others] = word
      this.#put(first, start)
      this.#put(`${others.join('')}]]`, end)
      this.#clause += MNEMONIC_WEIGHT * word.length
      this.#before = ']'
    }
  }

  character(character: string, offset: number): void {
    if (SILENT.test(character)) {
      this.#blank(offset)
      return
    }
    if (LETTER.test(character) && !LETTER_PART.test(character)) this.#letters += 1
    else if (!LETTER_PART.test(character)) this.#letters = 0
    if (this.#letters > MAX_LETTERS) {
      this.#blank(offset)
      this.#letters = 1
    }
    if (character === '[' && this.#before === '[') this.#blank(offset)
    if (this.#clause >= MAX_CLAUSE) this.#comma(offset)
    this.#put(ENTITIES[character] ?? character, offset)
    this.#clause += weight(character)
    this.#before = character
  }

  /** So many that no number is meant: each is read by itself. */
  digits(digits: string, offset: number): void {
    let at = offset
    for (const digit of digits) {
      this.#blank(at)
      this.character(digit, at)
      at += digit.length
    }
  }

  finish(length: number): PreparedText {
    return { ssml: this.#parts.join(''), offsets: [...this.#offsets, length] }
  }

  #blank(offset: number): void {
    if (CLAUSE_END.test(this.#before)) this.#clause = 0
    if (this.#clause >= LONG_CLAUSE) {
      this.#comma(offset)
      return
    }
    this.#put(' ', offset)
    this.#clause += 1
    this.#letters = 0
    this.#before = ' '
  }

  #comma(offset: number): void {
    this.#put(', ', offset)
    this.#clause = 0
    this.#letters = 0
    this.#before = ' '
  }

  #put(ssml: string, offset: number): void {
    this.#parts.push(ssml)
    for (const _ of ssml) this.#offsets.push(offset)
  }
}

/**
 * The share of a clause's buffers that a character can fill: its bytes as letters, or the phonemes of the words it
 * is read as ("asterisk", "seven hundred"), whichever is more.
 */
function weight(character: string): number {
  if (/[\p{S}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}#@%*&/\\]/u.test(character)) return 12
  if (/\p{N}/u.test(character)) return 8
  if (/\p{Lu}/u.test(character)) return 4
  return Buffer.byteLength(character.normalize('NFD'))
}
