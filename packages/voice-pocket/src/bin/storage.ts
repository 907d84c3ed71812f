import { Argument, Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../config.ts'
import { StorageError } from '../exceptions.ts'
import { Lease } from '../lease.ts'
import { openRecords, type Records } from '../records.ts'
import { RetentionPolicy } from '../retention/policy.ts'
import { type Swept, sweep } from '../retention/sweep.ts'
import { SWEEP_LEASE } from '../retention/sweeper.ts'
import { forgetPart } from '../speech/part-cache.ts'
import { createStorage } from '../storage/index.ts'
import { folderOf } from '../storage/key.ts'
import type { ListedObject, Storage } from '../storage/storage.ts'
import { filesByOwner, type OwnersFiles } from '../storage/stored-speech.ts'
import { emailArgument } from './email-argument.ts'

interface Json {
  readonly json?: boolean
}

/** What the commands work with. */
interface Opened {
  readonly storage: Storage
  readonly records: Records
  readonly policy: RetentionPolicy
}

/** `voice-pocket storage`: what is kept of whom, for how long, and its end. */
export function storageCommand(): Command {
  return new Command('storage')
    .description('List, measure and delete what is kept, and say how long it is.')
    .addCommand(listCommand())
    .addCommand(usageCommand())
    .addCommand(retentionCommand())
    .addCommand(sweepCommand())
}

function listCommand(): Command {
  return new Command('list')
    .description('Every finished speech: when it was made, its bytes, its key.')
    .addArgument(email())
    .option('--json', 'print JSON, one line for each')
    .action((owner: string | undefined, { json }: Json) =>
      withStorage(async ({ storage }) => {
        for await (const { speeches } of filesByOwner(storage, prefixOf(owner))) {
          for (const { sound } of speeches)
            if (sound) console.log(json ? JSON.stringify(sound) : asLine(sound))
        }
      }),
    )
}

function usageCommand(): Command {
  return new Command('usage')
    .description('How much is kept of each owner.')
    .addArgument(email())
    .option('--json', 'print JSON, one line for each')
    .action((owner: string | undefined, { json }: Json) =>
      withStorage(async ({ storage, policy }) => {
        const retentionOf = await policy.byFolder()
        for await (const files of filesByOwner(storage, prefixOf(owner))) {
          const usage = { ...usageOf(files), retention: retentionOf(files.folder) }
          console.log(json ? JSON.stringify(usage) : usageLine(usage))
        }
      }),
    )
}

function retentionCommand(): Command {
  return new Command('retention')
    .description('How long speech is kept: for whom it is not the default, for one owner, or from now on.')
    .addArgument(email())
    .addArgument(new Argument('[seconds]', '0 for ever; default as everybody').argParser(readSeconds))
    .action((owner: string | undefined, seconds: number | 'default' | undefined) =>
      withStorage(async ({ policy }) => {
        if (owner !== undefined && seconds !== undefined) await change(policy, owner, seconds)
        const told = owner === undefined ? await policy.exceptions() : [await keptOf(owner, policy)]
        for (const { email, seconds } of told) console.log(`${email}: ${inWords(seconds)}`)
        if (told.length === 0) console.error('The same for everybody, as VOICE_POCKET_RETENTION says.')
      }),
    )
}

function sweepCommand(): Command {
  return new Command('sweep')
    .description('Delete the speech that is older than it is to be kept; never voices or recordings.')
    .addArgument(email())
    .option('--dry-run', 'say what would be deleted, and delete nothing')
    .action((owner: string | undefined, { dryRun = false }: { dryRun?: boolean }) =>
      withStorage(async (opened) => {
        const swept = dryRun ? await sweepNow(opened, owner, true) : await sweepAlone(opened, owner)
        if (swept.length === 0) console.error('Nothing is older than it is to be kept.')
        if (swept.some(({ failures }) => failures.length > 0)) process.exitCode = 1
      }),
    )
}

async function sweepAlone(opened: Opened, owner: string | undefined): Promise<Swept[]> {
  const lease = await Lease.take(opened.records, SWEEP_LEASE)
  if (lease === undefined) {
    throw new StorageError(
      'Another process sweeps the storage at this moment; look at its log, or try again later.',
    )
  }
  await using _ = lease
  return await sweepNow(opened, owner, false, lease.signal)
}

async function sweepNow(
  { storage, records, policy }: Opened,
  owner: string | undefined,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<Swept[]> {
  const onSwept = (swept: Swept) => {
    for (const line of sweptLines(swept, dryRun)) console.log(line)
  }
  const retentionOf = await policy.byFolder()
  const onCachedDeleted = (key: string) => forgetPart(records, key)
  const now = new Date(await records.now())
  const told = { now, onSwept, onCachedDeleted }
  return sweep(storage, { retentionOf, folder: prefixOf(owner), dryRun, ...told, ...(signal && { signal }) })
}

async function withStorage(work: (opened: Opened) => Promise<void>): Promise<void> {
  const config = loadConfig()
  const storage = await createStorage(config.storage)
  await using records = await openRecords(config.index, { onConnectionError: () => {} })
  await work({ storage, records, policy: new RetentionPolicy(records, config.retention) })
}

function email(): Argument {
  return new Argument('[email]', 'whose; everybody unless told').argParser(emailArgument)
}

function readSeconds(text: string): number | 'default' {
  if (text === 'default') return text
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number of seconds, 0 for ever, or default.')
}

const prefixOf = (owner: string | undefined) => (owner === undefined ? '' : folderOf(owner))

async function change(policy: RetentionPolicy, owner: string, seconds: number | 'default') {
  if (seconds === 'default') await policy.reset(owner)
  else await policy.set(owner, seconds)
}

async function keptOf(email: string, policy: RetentionPolicy) {
  return { email, seconds: await policy.secondsOf(email) }
}

function usageOf({ folder, speeches, cached, others }: OwnersFiles) {
  const files = speeches
    .flatMap(({ sound, derived, parts }) => [...(sound ? [sound] : []), ...derived, ...parts])
    .concat(cached)
  const bytes = (list: readonly ListedObject[]) => list.reduce((sum, { size }) => sum + size, 0)
  return {
    owner: folder.slice(0, -1),
    speeches: speeches.filter(({ sound }) => sound !== undefined).length,
    files: files.length,
    bytes: bytes(files),
    otherFiles: others.length,
    otherBytes: bytes(others),
  }
}

function usageLine(usage: ReturnType<typeof usageOf> & { readonly retention: number }): string {
  const { owner, speeches, files, bytes, otherFiles, otherBytes, retention } = usage
  return (
    `${owner || '.'}: ${speeches} speeches in ${files} files, ${bytes} bytes, kept ${inWords(retention)}; ` +
    `${otherFiles} other files (voices, recordings), ${otherBytes} bytes`
  )
}

function sweptLines({ folder, files, bytes, failures }: Swept, dryRun: boolean): string[] {
  const counted = `${files} files, ${bytes} bytes`
  return [
    `${folder.slice(0, -1)}: ${counted} ${dryRun ? 'would be ' : ''}deleted`,
    ...failures.map((error) => `  not deleted: ${(error as Error).message}`),
  ]
}

function inWords(seconds: number): string {
  return seconds === 0 ? 'for ever' : `for ${seconds} seconds`
}

function asLine({ key, size, modifiedAt }: ListedObject): string {
  return `${modifiedAt.toISOString()}  ${String(size).padStart(12)}  ${key}`
}
