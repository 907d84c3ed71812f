import type { Config } from '../config.ts'
import type { Records } from '../records.ts'
import { readLexiconFile } from './lexicon-file.ts'
import { Lexicons } from './lexicons.ts'

/** @throws LexiconError when the file of the service cannot be read. */
export async function openLexicons(
  { lexicon }: Pick<Config, 'lexicon'>,
  records: Pick<Records, 'get' | 'update' | 'delete'>,
): Promise<Lexicons> {
  return new Lexicons(records, lexicon === '' ? [] : await readLexiconFile(lexicon))
}
