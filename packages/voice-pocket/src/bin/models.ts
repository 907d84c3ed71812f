import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { ModelError } from '../exceptions.ts'
import { CATALOGUE } from '../models/catalogue.ts'
import { parseManifest } from '../models/manifest.ts'
import { type InstalledModel, ModelStore } from '../models/model-store.ts'

interface AddOptions {
  readonly name?: string
  readonly sha256?: string
  readonly manifest?: string
}

/** `voice-pocket models`: what the engine `sherpa` speaks with. */
export function modelsCommand(): Command {
  return new Command('models')
    .description('The neural models of this machine, for the engine sherpa.')
    .addCommand(
      new Command('add')
        .description(
          'Get a model: by its name in the catalogue, from a folder, an archive (.tar, .tar.gz, .tar.bz2) or a URL.',
        )
        .argument('<source>', `a path, a URL, or one of ${Object.keys(CATALOGUE).join(', ')}`)
        .option('--name <name>', 'keep it under this name')
        .option('--sha256 <hex>', 'refuse the archive unless it has this checksum')
        .option('--manifest <file>', 'the voice-pocket.json of a model that has none')
        .action(add),
    )
    .addCommand(new Command('list').description('What is there.').option('--json', 'print JSON').action(list))
    .addCommand(
      new Command('remove')
        .description('Delete a model.')
        .argument('<name>')
        .action(async (name: string) => {
          await store().remove(name)
          console.log(`${name} is removed.`)
        }),
    )
}

const INTERRUPTED = 'Interrupted. The same command goes on where this one ended.'

const store = () => new ModelStore(loadConfig().models)

async function add(source: string, { manifest: file, ...options }: AddOptions): Promise<void> {
  const known = Object.hasOwn(CATALOGUE, source) ? CATALOGUE[source] : undefined
  const manifest = file === undefined ? known?.manifest : parseManifest(await contentOf(file), file)
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort(new ModelError(INTERRUPTED)))
  const name = await store().add(known?.url ?? source, {
    ...(known && { name: source }),
    ...options,
    ...(manifest && { manifest }),
    onProgress: showProgress,
    signal: interrupted.signal,
  })
  console.log(`${name} is there. Have it speak with: VOICE_POCKET_ENGINES=sherpa`)
}

async function contentOf(manifest: string): Promise<string> {
  try {
    return await readFile(manifest, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ModelError(`The manifest ${manifest} cannot be read (${code}); correct --manifest.`, { cause })
  }
}

const MEGABYTE = 1_000_000
let lastShown = -1

/** One line, redrawn, on a terminal; elsewhere one for each tenth. */
function showProgress(bytes: number, total: number | undefined): void {
  const percent = total === undefined ? undefined : Math.floor((100 * bytes) / total)
  const step = process.stderr.isTTY ? Math.floor(bytes / MEGABYTE) : Math.floor((percent ?? 0) / 10)
  if (step === lastShown && percent !== 100) return
  lastShown = step
  const line = `${(bytes / MEGABYTE).toFixed(1)} MB${percent === undefined ? '' : `, ${percent} %`}`
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}${percent === 100 ? '\n' : ''}` : `${line}\n`)
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const models = await store().list()
  if (json) console.log(JSON.stringify(models, null, 2))
  else if (models.length === 0) console.error('There are no models. Get one with: voice-pocket models add')
  else for (const model of models) console.log(describe(model))
}

function describe({ name, manifest, reason }: InstalledModel): string {
  if (!manifest) return `${name}  unusable: ${reason}`
  const { family, languages, speakers, sampleRate, licence } = manifest
  const voices = speakers.length > 1 ? `, ${speakers.length} speakers` : ''
  const rate = sampleRate === undefined ? '' : `, ${sampleRate} Hz`
  return `${name}  ${family}, ${languages.join(' ')}${voices}${rate}, ${licence}`
}
