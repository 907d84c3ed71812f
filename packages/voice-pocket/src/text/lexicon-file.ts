import { readFile } from 'node:fs/promises'
import { LexiconError } from '../exceptions.ts'
import { type LexiconEntry, lexiconSchema } from './lexicon.ts'

/**
 * A lexicon as people write it: JSON (`{"entries": [{"word", "say", "language"}]}`, or the list alone), or lines of a
 * word, a tab, how it is said and, if wanted, a tab and a language; lines that begin with `#` are comments.
 * @throws LexiconError
 */
export async function readLexiconFile(path: string): Promise<readonly LexiconEntry[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new LexiconError(`The lexicon ${path} cannot be read: ${(cause as Error).message}.`, { cause })
  }
  return parseLexicon(text, path)
}

/** @throws LexiconError */
export function parseLexicon(text: string, name: string): readonly LexiconEntry[] {
  const isJson = /^\s*[{[]/.test(text)
  const parsed = lexiconSchema.safeParse(isJson ? fromJson(text, name) : { entries: fromLines(text) })
  if (parsed.success) return parsed.data.entries
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new LexiconError(`The lexicon ${name} is not one: ${problems.slice(0, 5).join('; ')}.`)
}

function fromJson(text: string, name: string): unknown {
  try {
    const document: unknown = JSON.parse(text)
    return Array.isArray(document) ? { entries: document } : document
  } catch (cause) {
    throw new LexiconError(`The lexicon ${name} is not JSON: ${(cause as Error).message}.`, { cause })
  }
}

function fromLines(text: string): unknown[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  return lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [word, say, language, ...more] = line.split('\t')
      const isLanguage = language !== undefined && language.trim() !== ''
      return { word, say, ...(isLanguage && { language: language.trim() }), ...(more.length > 0 && { more }) }
    })
}
