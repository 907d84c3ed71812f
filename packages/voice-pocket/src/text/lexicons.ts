import { comparableEmail } from '../access/access.ts'
import type { Records } from '../records.ts'
import { Lexicon, type LexiconEntry, lexiconSchema } from './lexicon.ts'

const key = (email: string) => `lexicon/${comparableEmail(email)}`

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
    const stored = await this.#records.get(key(email))
    return stored === undefined ? [] : lexiconSchema.parse(stored).entries
  }

  /** In place of what was there. */
  async replace(email: string, entries: readonly LexiconEntry[]): Promise<void> {
    await this.#records.update(key(email), () => ({ entries }))
  }

  /** How many there were. */
  async delete(email: string): Promise<number> {
    const stored = await this.#records.delete(key(email))
    return stored === undefined ? 0 : lexiconSchema.parse(stored).entries.length
  }
}
