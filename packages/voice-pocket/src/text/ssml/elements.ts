/** The elements of SSML that are spoken here, and what each tells: https://www.w3.org/TR/speech-synthesis11/ */
import { closestMatch } from 'leven'
import { MarkupError } from '../../exceptions.ts'
import { type Manner, SAY_AS, type SayAs, type Saying } from '../manuscript.ts'
import { DATE_FORMATS } from '../say-as.ts'
import { breakStrength, breakTime } from './break.ts'
import { PROSODY, prosodyValue } from './prosody.ts'

type Attributes = Readonly<Record<string, string>>

/** What an element tells of what is in it, or of its place. */
export interface Told {
  readonly manner?: Manner
  readonly saying?: Saying
  readonly breakMs?: number
  readonly mark?: string
}

export interface Element {
  readonly attributes: readonly string[]
  readonly required?: readonly string[]
  /** What may be in it. */
  readonly content: 'everything' | 'text' | 'nothing'
  /** Its text is apart from what is before and behind it. */
  readonly block?: 'paragraph' | 'sentence'
  /** @throws MarkupError, which names the attribute and its rule */
  tell(attributes: Attributes, around: Manner): Told
}

const LANG = 'xml:lang'
const SYNTHESIS = 'http://www.w3.org/2001/10/synthesis'
/** In characters: a word or a name, not a text within the text. */
const MAX_TOLD = 300
const LANGUAGE_TAG = /^[a-z]{2,3}(-[a-z0-9]{1,8})*$/u
const VOICE_NAME = /^[^\s\p{C}]{1,100}$/u
const MARK_NAME = /^[^\s\p{C}]{1,100}$/u
/** Letters, diacritics and the signs of stress, length and tone; no digit stands for a sound. */
const IPA = /^(?=.*\p{L})[\p{L}\p{M}\p{Sk}.|‖‿ˈˌ' ꜛꜜ↗↘-]+$/u

export const ELEMENTS: Readonly<Record<string, Element>> = {
  speak: {
    attributes: ['version', 'xmlns', LANG, 'xsi:schemaLocation'],
    content: 'everything',
    tell({ version = '1.1', xmlns = SYNTHESIS, ...attributes }) {
      expect('version', /^1\.[01]$/u.test(version), 'must be 1.0 or 1.1')
      expect('xmlns', xmlns === SYNTHESIS, `must be ${SYNTHESIS}`)
      return { manner: languageOf(attributes) }
    },
  },
  p: { attributes: [LANG], content: 'everything', block: 'paragraph', tell: inLanguage },
  s: { attributes: [LANG], content: 'everything', block: 'sentence', tell: inLanguage },
  lang: { attributes: [LANG], required: [LANG], content: 'everything', tell: inLanguage },
  voice: {
    attributes: ['name', LANG],
    content: 'everything',
    tell({ name, ...attributes }) {
      if (name === undefined) return { manner: languageOf(attributes) }
      expect('name', VOICE_NAME.test(name), 'must be the name of a voice of the engine: 1 to 100 characters')
      return { manner: { ...languageOf(attributes), voice: name } }
    },
  },
  prosody: {
    attributes: PROSODY,
    content: 'everything',
    tell(attributes, around) {
      const given = PROSODY.filter((name) => attributes[name] !== undefined)
      const values = given.map((name) => [
        name,
        about(name, () => prosodyValue(name, String(attributes[name]).trim(), around)),
      ])
      return { manner: Object.fromEntries(values) }
    },
  },
  // No engine here can be asked for it.
  emphasis: {
    attributes: ['level'],
    content: 'everything',
    tell({ level = 'moderate' }) {
      const levels = ['strong', 'moderate', 'none', 'reduced']
      expect('level', levels.includes(level), `must be one of ${levels.join(', ')}`)
      return {}
    },
  },
  break: {
    attributes: ['strength', 'time'],
    content: 'nothing',
    tell({ strength = 'medium', time }) {
      const ms = about('strength', () => breakStrength(strength))
      return { breakMs: time === undefined ? ms : about('time', () => breakTime(time)) }
    },
  },
  mark: {
    attributes: ['name'],
    required: ['name'],
    content: 'nothing',
    tell({ name = '' }) {
      expect('name', MARK_NAME.test(name), 'must be 1 to 100 characters without blanks')
      return { mark: name }
    },
  },
  sub: {
    attributes: ['alias'],
    required: ['alias'],
    content: 'text',
    tell({ alias = '' }) {
      expect('alias', /[\p{L}\p{N}]/u.test(alias), 'must have a letter or a digit')
      expect('alias', alias.length <= MAX_TOLD, `must have at most ${MAX_TOLD} characters`)
      return { saying: { is: 'alias', text: alias } }
    },
  },
  phoneme: {
    attributes: ['alphabet', 'ph'],
    required: ['ph'],
    content: 'text',
    tell({ alphabet = 'ipa', ph = '' }) {
      expect('alphabet', alphabet === 'ipa', 'must be ipa')
      expect('ph', IPA.test(ph), 'must be sounds in IPA, such as təˈmeɪtoʊ')
      expect('ph', ph.length <= MAX_TOLD, `must have at most ${MAX_TOLD} characters`)
      return { saying: { is: 'phonemes', ipa: ph.normalize('NFC').trim() } }
    },
  },
  'say-as': {
    attributes: ['interpret-as', 'format'],
    required: ['interpret-as'],
    content: 'text',
    tell({ 'interpret-as': kind = '', format = '' }) {
      expect(
        'interpret-as',
        SAY_AS.some((one) => one === kind),
        `must be one of ${SAY_AS.join(', ')}`,
      )
      const formats = FORMATS[kind] ?? []
      const rule =
        formats.length === 0 ? `must be absent for ${kind}` : `must be one of ${formats.join(', ')}`
      expect('format', format === '' || formats.includes(format), rule)
      return { saying: { is: 'kind', kind: kind as SayAs, format } }
    },
  },
}

const FORMATS: Readonly<Record<string, readonly string[]>> = { date: DATE_FORMATS, time: ['hms12', 'hms24'] }

/** @throws MarkupError, which says the rule */
export function elementNamed(name: string): Element {
  const element = Object.hasOwn(ELEMENTS, name) ? ELEMENTS[name] : undefined
  if (element !== undefined) return element
  const names = Object.keys(ELEMENTS)
  throw new MarkupError(
    `is not an element that is spoken here; did you mean <${closestMatch(name, names)}>? There are ${names.join(', ')}; ` +
      'or send its text alone',
  )
}

/** @throws MarkupError, which says the rule */
export function checkAttributes({ attributes, required = [] }: Element, given: Attributes): void {
  for (const name of Object.keys(given)) {
    if (attributes.includes(name) || name.startsWith('xmlns:')) continue
    const known = attributes.length === 0 ? 'it has none' : `it has ${attributes.join(', ')}`
    throw new MarkupError(`has no attribute ${name} here; ${known}`)
  }
  for (const name of required) {
    if (given[name] === undefined) throw new MarkupError(`must have the attribute ${name}`)
  }
}

function inLanguage(attributes: Attributes): Told {
  return { manner: languageOf(attributes) }
}

function languageOf(attributes: Attributes): Manner {
  const language = attributes[LANG]?.toLowerCase()
  if (language === undefined) return {}
  expect(LANG, LANGUAGE_TAG.test(language), 'must be a language tag such as ko or en-us')
  return { language }
}

function expect(attribute: string, isSo: boolean, rule: string): void {
  if (!isSo) throw new MarkupError(`${attribute} ${rule}`)
}

function about<Value>(attribute: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof MarkupError) throw new MarkupError(`${attribute} ${error.message}`, { cause: error })
    throw error
  }
}
