import { Command, InvalidArgumentError } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { VoicePocketError } from '../exceptions.ts'
import { readingsJson } from '../http/routes/text.ts'
import { openRecords } from '../records.ts'
import { speechOptions } from '../request-options.ts'
import { toManuscript } from '../text/input-type.ts'
import { Lexicon } from '../text/lexicon.ts'
import { readLexiconFile } from '../text/lexicon-file.ts'
import { openLexicons } from '../text/open-lexicons.ts'
import { type Reading, readings } from '../text/reading.ts'
import { emailArgument } from './email-argument.ts'

interface Options {
  readonly lang?: string
  readonly email?: string
  readonly normalize: boolean
  readonly json?: boolean
  readonly ssml?: boolean
}

/** `voice-pocket text`: what will be said of a text, without saying it. */
export function textCommand(): Command {
  return new Command('text')
    .description('Show what will be said of a text: sentences, words, and what each stands for.')
    .argument('<text>', 'what would be said')
    .option(
      '--lang <tag>',
      'such as ko or en-us; without it the script of each sentence decides',
      readLanguage,
    )
    .option('--email <address>', 'whose lexicon to use beside that of the service', emailArgument)
    .option('--no-normalize', 'leave numbers, signs and foreign words to the engine')
    .option('--ssml', 'the text is SSML')
    .option('--json', 'print JSON, as POST /v1/text answers')
    .action(async (text: string, { lang, email, normalize, json, ssml }: Options) => {
      const config = loadConfig()
      const language = lang ?? (config.language === 'auto' ? undefined : config.language)?.toLowerCase()
      const lexicon = await lexiconOf(config, email)
      const manuscript = toManuscript({ text, inputType: ssml ? 'ssml' : 'text' })
      const read = readings(manuscript, { lexicon, normalize, ...(language !== undefined && { language }) })
      if (json) {
        console.log(JSON.stringify(readingsJson(manuscript, read), null, 2))
        return
      }
      if (read.every(({ spoken }) => spoken.text === ''))
        throw new VoicePocketError('There is nothing to say in this text.')
      for (const each of read) printReading(manuscript.content.text, each)
    })
}

/** By the rule of every request. */
function readLanguage(tag: string): string {
  const { data, error } = speechOptions.language.safeParse(tag)
  if (data !== undefined) return data
  throw new InvalidArgumentError(`It ${error?.issues[0]?.message}.`)
}

/** Without an e-mail nothing needs to be open but the file of the service. */
async function lexiconOf(config: Config, email: string | undefined): Promise<Lexicon> {
  if (email === undefined)
    return new Lexicon(config.lexicon === '' ? [] : await readLexiconFile(config.lexicon))
  await using records = await openRecords(config.index, { onConnectionError: () => {} })
  return await (await openLexicons(config, records)).lexiconOf(email)
}

function printReading(original: string, { language, spoken, breakMs }: Reading): void {
  if (spoken.text !== '') console.log(`${language}  ${spoken.text}`)
  let last = ''
  for (const { text, start, end } of spoken.words()) {
    const place = `${start}–${end}`
    const written = original.slice(start, end)
    if (text !== written) console.log(`      ${text}${place === last ? '' : `  ←  ${written}`}`)
    last = place
  }
  if (breakMs !== undefined) console.log(`      ${breakMs / 1000} s`)
}
