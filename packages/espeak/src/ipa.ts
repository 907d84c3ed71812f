/**
 * IPA in eSpeak's own notation, which each of its languages has another stock of: a sound it lacks is left out in
 * silence, or ends the word. So there is a list for each language that can be told sounds, and a test that eSpeak says
 * each of them (https://github.com/espeak-ng/espeak-ng/blob/master/docs/phonemes.md has the notation).
 */
import { InvalidSettingError } from './exceptions.ts'

const CONSONANTS: Readonly<Record<string, string>> = {
  b: 'b',
  c: 'c',
  d: 'd',
  f: 'f',
  h: 'h',
  j: 'j',
  k: 'k',
  l: 'l',
  m: 'm',
  n: 'n',
  p: 'p',
  q: 'q',
  r: 'R',
  s: 's',
  t: 't',
  v: 'v',
  w: 'w',
  x: 'x',
  z: 'z',
  ç: 'C',
  ð: 'D',
  ŋ: 'N',
  ɕ: 'S;',
  ɟ: 'J',
  ɡ: 'g',
  ɣ: 'Q',
  ɫ: 'L',
  ɬ: 'l#',
  ɭ: 'l.',
  ɲ: 'n^',
  ɳ: 'n.',
  ɹ: 'r',
  ɾ: '*',
  ʀ: 'r"',
  ʁ: 'Q"',
  ʂ: 's.',
  ʃ: 'S',
  ʋ: 'v#',
  ʎ: 'l^',
  ʐ: 'z.',
  ʑ: 'z;',
  ʒ: 'Z',
  ʔ: '?',
  ʝ: 'J^',
  β: 'B',
  θ: 'T',
  χ: 'X',
  dʒ: 'dZ',
  tʃ: 'tS',
}

const AMERICAN: Readonly<Record<string, string>> = {
  ...CONSONANTS,
  ʍ: 'w#',
  n̩: 'n-',
  m̩: 'm-',
  l̩: 'l-',
  æ: 'a',
  e: 'e',
  eː: 'e:',
  eɪ: 'eI',
  i: 'i',
  iː: 'i:',
  o: 'o',
  oː: 'o:',
  oʊ: 'oU',
  u: 'u',
  uː: 'u:',
  aɪ: 'aI',
  aʊ: 'aU',
  ɐ: 'a#',
  ɑː: 'A:',
  ɑ̃: 'A~',
  ɔ: 'O',
  ɔː: 'O:',
  ɔɪ: 'OI',
  ɔ̃: 'O~',
  ə: '@',
  ɚ: '3',
  ɛ: 'E',
  ɜː: '3:',
  ɪ: 'I',
  ʊ: 'U',
  ʌ: 'V',
}

const KOREAN: Readonly<Record<string, string>> = {
  ...CONSONANTS,
  kʰ: 'kh',
  pʰ: 'ph',
  tʰ: 't#',
  e: 'e',
  i: 'i',
  o: 'o',
  u: 'u',
  ɐ: 'a',
  ɛ: 'E',
  ə: '@-',
  ʌ: '@',
  ɯ: 'u-',
}

const LANGUAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'en-us': AMERICAN,
  ko: KOREAN,
}
/** Those that have a list. */
export const IPA_LANGUAGES: readonly string[] = Object.keys(LANGUAGES)

const STRESS: Readonly<Record<string, string>> = { ˈ: "'", ˌ: ',' }
/** Where syllables meet, and the bow over two letters that are one sound. */
const UNHEARD = /[.|‖‿-]|\u0361|\u035c/gu
const LONGEST = 3
const EQUAL: Readonly<Record<string, string>> = { g: 'ɡ', "'": 'ˈ', ':': 'ː' }

/**
 * What stands between `[[` and `]]`, word by word.
 * @throws InvalidSettingError for a sound that eSpeak does not have in this language
 */
export function mnemonics(ipa: string, language: string): string[] {
  const stock = LANGUAGES[language] ?? {}
  const written = ipa
    .normalize('NFD')
    .replace(UNHEARD, '')
    .replace(/[g':]/gu, (sign) => EQUAL[sign] ?? sign)
  return written
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word) => sounds(word, stock, language).join(''))
}

/** The longest that is known comes first: eɪ is one sound. */
function sounds(word: string, stock: Readonly<Record<string, string>>, language: string): string[] {
  const found: string[] = []
  let at = 0
  while (at < word.length) {
    const rest = word.slice(at, at + LONGEST)
    const known = Array.from({ length: LONGEST }, (_, shorter) => rest.slice(0, LONGEST - shorter)).find(
      (symbol) => symbolOf(symbol, stock) !== undefined,
    )
    if (known === undefined) {
      throw new InvalidSettingError(
        `eSpeak NG has no sound ${JSON.stringify(rest.slice(0, 1))} in ${language} (of ${JSON.stringify(word)}); ` +
          `it has ${Object.keys(stock).join(' ')}.`,
      )
    }
    found.push(String(symbolOf(known, stock)))
    at += known.length
  }
  return found
}

function symbolOf(symbol: string, stock: Readonly<Record<string, string>>): string | undefined {
  const composed = symbol.normalize('NFC')
  if (Object.hasOwn(STRESS, composed)) return STRESS[composed]
  return Object.hasOwn(stock, composed) ? stock[composed] : undefined
}

/** Every sound that eSpeak can be told in a language. */
export function ipaOf(language: string): string[] {
  return Object.keys(LANGUAGES[language] ?? {})
}
