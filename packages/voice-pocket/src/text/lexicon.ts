/** How particular words are pronounced, spelled as they are said: "GS25" → "지에스 이십오", "Nguyen" → "win". */
import { z } from 'zod'
import { oneOf } from './rules/rule.ts'
import type { SpokenText } from './spoken-text.ts'

const MAX_ENTRIES = 1_000

const written = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, { error: 'must be one line' })

export const lexiconEntrySchema = z.strictObject({
  word: written(100).meta({
    description: 'As it stands in texts; in lower case it stands for any case.',
    example: 'GS25',
  }),
  say: written(300).meta({ description: 'How it is said, in letters.', example: '지에스 이십오' }),
  language: z
    .string()
    .overwrite((tag) => tag.toLowerCase())
    .regex(/^[a-z]{2,3}$/, { error: 'must be a language such as ko or en' })
    .optional()
    .meta({ description: 'Only in sentences of this language; in all of them unless given.', example: 'ko' }),
})

export const lexiconSchema = z
  .strictObject({ entries: z.array(lexiconEntrySchema).max(MAX_ENTRIES) })
  .superRefine(({ entries }, context) => {
    const seen = new Set<string>()
    entries.forEach(({ word, language = '' }, index) => {
      const key = `${language}\t${word.normalize('NFC')}`
      if (seen.has(key)) {
        const message = `must be there once; ${JSON.stringify(word)} is there twice`
        context.addIssue({ code: 'custom', path: ['entries', index, 'word'], message })
      }
      seen.add(key)
    })
  })

export type LexiconEntry = z.output<typeof lexiconEntrySchema>

/** Particles that may stand behind a Korean word without making another word of it. */
const JOSA =
  '은 는 이 가 을 를 과 와 의 에 도 만 로 으로 에서 에게 한테 께 부터 까지 보다 처럼 마다 조차 마저 밖에 이나 나 이랑 랑 하고 이고 이며 이다 이라 라 이라고 라고 이라는 라는 입니다 이에요 예요 이었 였 으로서 로서 으로써 로써 에는 에도 에서는 에서도 에게서 들 들이 들은 들을 씨 님 님이 님은 님을 씨가 씨는 씨를'.split(
    ' ',
  )

/** The entries of one owner, ready for use; the later of two for the same word wins. */
export class Lexicon {
  readonly #entries: readonly LexiconEntry[]
  readonly #compiled = new Map<string, { pattern: RegExp; said: ReadonlyMap<string, string> }>()

  constructor(entries: readonly LexiconEntry[]) {
    this.#entries = entries
  }

  /** Whole words only; a Korean word may have a particle behind it. */
  applied(spoken: SpokenText, language: string): SpokenText {
    if (this.#entries.length === 0) return spoken
    const [primary = ''] = language.toLowerCase().split('-')
    const { pattern, said } = this.#compiledFor(primary)
    if (said.size === 0) return spoken
    return spoken.replace(pattern, ([word]) => said.get(word) ?? said.get(word.toLowerCase()))
  }

  #compiledFor(language: string) {
    const known = this.#compiled.get(language)
    if (known !== undefined) return known
    const entries = this.#entries.filter(
      (entry) => entry.language === undefined || entry.language === language,
    )
    const said = new Map(entries.map(({ word, say }) => [word.normalize('NFC'), say]))
    const compiled = { pattern: patternOf([...said.keys()]), said }
    this.#compiled.set(language, compiled)
    return compiled
  }
}

function patternOf(words: readonly string[]): RegExp {
  const ending = (is: (word: string) => boolean, after: string) => {
    const chosen = words.filter(is)
    return chosen.length === 0 ? [] : [`(?:${oneOf(chosen)})${after}`]
  }
  const isHangul = (word: string) => /[가-힣]$/.test(word)
  const isSpaced = (word: string) =>
    /[\p{L}\p{N}]$/u.test(word) &&
    !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]$/u.test(word)
  const alternatives = [
    ...ending(isHangul, `(?:(?![가-힣\\p{N}])|(?=(?:${oneOf(JOSA)})(?![가-힣])))`),
    ...ending(
      (word) => !isHangul(word) && isSpaced(word),
      '(?![A-Za-zÀ-ɏ\\d]|\\p{Script=Cyrillic}|\\p{Script=Greek})',
    ),
    ...ending((word) => !isHangul(word) && !isSpaced(word), ''),
  ]
  // What follows a letter of its own script is the rest of a word; 한A is two.
  const before = '(?<![A-Za-zÀ-ɏ\\d](?=[A-Za-zÀ-ɏ\\d])|[가-힣](?=[가-힣]))'
  return new RegExp(`${before}(?:${alternatives.join('|')})`, 'giu')
}
