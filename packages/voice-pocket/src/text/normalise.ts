/**
 * What every engine can be given: one line of composed letters, digits and signs. Only what would harm or hide is
 * changed; how numbers, units and foreign words are read is for others to say.
 */
import { SpokenText } from './spoken-text.ts'

/** Neither heard nor seen. Some of them stand inside words that were copied from a web page. */
const INVISIBLE =
  /\u034f|[\ufe00-\ufe0f]|[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e01ef}]/gu
/** Persian and Indian scripts need the joiners; behind these letters, and behind signs, they are left from emoji. */
const JOINER =
  /(?<=^|[^\p{L}\p{M}]|[\p{Script=Latin}\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\u200c\u200d]/gu
const EMOJI = /(?![©®™])[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]|\u20e3/gu
const BLANK = /[\s\p{Cc}\p{Cs}\ufffd]+/gu
const WORD = /\S+/gu
const ENDS = /^ +| +$/gu

/** The same text in this form; every part of it keeps its place in the original. */
export function normalised(spoken: SpokenText): SpokenText {
  return spoken
    .replace(WORD, ([word]) => word.normalize('NFC'))
    .replace(EMOJI, () => ' ')
    .replace(JOINER, () => '')
    .replace(INVISIBLE, () => '')
    .replace(BLANK, () => ' ')
    .replace(ENDS, () => '')
}

export function normalise(text: string): string {
  return normalised(SpokenText.of(text)).text
}

/** Without a letter or a digit there is nothing to say. */
export function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}
