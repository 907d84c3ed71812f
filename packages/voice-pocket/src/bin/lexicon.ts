import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { LexiconError } from '../exceptions.ts'
import { openRecords } from '../records.ts'
import type { LexiconEntry } from '../text/lexicon.ts'
import { parseLexicon, readLexiconFile } from '../text/lexicon-file.ts'
import { Lexicons } from '../text/lexicons.ts'
import { emailArgument } from './email-argument.ts'

/** `voice-pocket lexicon`: how the words of one owner are pronounced. A change is true at once in every worker. */
export function lexiconCommand(): Command {
  return new Command('lexicon')
    .description('Show and change how words are pronounced when a voice speaks.')
    .addCommand(
      new Command('show')
        .argument('<email>', 'whose', emailArgument)
        .option('--json', 'print JSON')
        .description('All entries of an owner.')
        .action((email: string, { json }: { json?: boolean }) =>
          withLexicons(async (lexicons) => print(await lexicons.entries(email), json)),
        ),
    )
    .addCommand(
      new Command('set')
        .argument('<email>', 'whose', emailArgument)
        .argument('<word>', 'as it stands in texts')
        .argument('<say>', 'how it is said, in letters')
        .option('--lang <language>', 'only in sentences of this language')
        .description('Add a word, or change one.')
        .action((email: string, word: string, say: string, { lang }: { lang?: string }) =>
          withLexicons(async (lexicons) => {
            const entry = { word, say, ...(lang !== undefined && { language: lang }) }
            const [checked] = parseLexicon(JSON.stringify([entry]), 'on the command line')
            if (checked === undefined) return
            await lexicons.change(email, (entries) => [
              ...entries.filter((each) => !isSame(each, checked)),
              checked,
            ])
          }),
        ),
    )
    .addCommand(
      new Command('unset')
        .argument('<email>', 'whose', emailArgument)
        .argument('<word>')
        .description('Forget a word.')
        .action((email: string, word: string) =>
          withLexicons(async (lexicons) => {
            await lexicons.change(email, (entries) => {
              const left = entries.filter((each) => each.word !== word)
              if (left.length < entries.length) return left
              throw new LexiconError(`There is no word ${JSON.stringify(word)}.`)
            })
          }),
        ),
    )
    .addCommand(
      new Command('import')
        .argument('<email>', 'whose', emailArgument)
        .argument('<file>', 'JSON, or lines of a word, a tab and how it is said; - for the standard input')
        .description('Replace all entries by those of a file.')
        .action((email: string, file: string) =>
          withLexicons(async (lexicons) => {
            const entries =
              file === '-' ? parseLexicon(await text(process.stdin), file) : await readLexiconFile(file)
            await lexicons.replace(email, entries)
            console.error(`${email} has ${entries.length} entries now.`)
          }),
        ),
    )
    .addCommand(
      new Command('delete')
        .argument('<email>', 'whose', emailArgument)
        .description('Forget all words of an owner.')
        .action((email: string) =>
          withLexicons(async (lexicons) => {
            console.error(`${await lexicons.delete(email)} entries deleted.`)
          }),
        ),
    )
}

async function withLexicons(work: (lexicons: Lexicons) => Promise<void>): Promise<void> {
  await using records = await openRecords(loadConfig().index, { onConnectionError: () => {} })
  await work(new Lexicons(records))
}

function isSame(one: LexiconEntry, other: LexiconEntry): boolean {
  return one.word === other.word && one.language === other.language
}

function print(entries: readonly LexiconEntry[], json = false): void {
  if (json) console.log(JSON.stringify({ entries }, null, 2))
  else if (entries.length === 0) console.error('There are no entries.')
  else
    for (const { word, say, language } of entries)
      console.log([word, say, ...(language === undefined ? [] : [language])].join('\t'))
}
