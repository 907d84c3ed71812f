import { canonicalEmail } from '../email.ts'
import { LexiconError } from '../exceptions.ts'
import type { Records } from '../records.ts'
import { Lexicon, type LexiconEntry, lexiconSchema } from './lexicon.ts'

const key = (email: string) => `lexicon/${canonicalEmail(email)}`

/** Whose words are pronounced how: those of the service for everybody, and each owner's before them. */
export class Lexicons {
  readonly #records: Pick<Records, 'get' | 'update' | 'delete'>
  readonly #service: readonly LexiconEntry[]

  constructor(records: Pick<Records, 'get' | 'update' | 'delete'>, service: readonly LexiconEntry[] = []) {
    this.#records = records
    this.#service = service
  }

  /** What is used when the voice of this address speaks. */
  async lexiconOf(email?: string): Promise<Lexicon> {
    const own = email === undefined ? [] : await this.entries(email)
    return new Lexicon([...this.#service, ...own])
  }

  /** The owner's own; empty when there are none. */
  async entries(email: string): Promise<readonly LexiconEntry[]> {
    return toEntries(await this.#records.get(key(email)))
  }

  /** In place of what was there. */
  async replace(email: string, entries: readonly LexiconEntry[]): Promise<void> {
    await this.#records.update(key(email), () => ({ entries }))
  }

  /** In one step, so that nobody's word is lost: what `change` makes of the present ones. Rejects LexiconError. */
  async change(
    email: string,
    change: (entries: readonly LexiconEntry[]) => readonly LexiconEntry[],
  ): Promise<void> {
    await this.#records.update(key(email), (stored) => checked(change(toEntries(stored))))
  }

  /** How many there were. */
  async delete(email: string): Promise<number> {
    return toEntries(await this.#records.delete(key(email))).length
  }
}

function checked(entries: readonly LexiconEntry[]): { readonly entries: readonly LexiconEntry[] } {
  const parsed = lexiconSchema.safeParse({ entries })
  if (parsed.success) return parsed.data
  throw new LexiconError(
    `These are no entries of a lexicon: ${parsed.error.issues.map(({ message }) => message).join('; ')}.`,
  )
}

function toEntries(stored: unknown): readonly LexiconEntry[] {
  return stored === undefined ? [] : lexiconSchema.parse(stored).entries
}
