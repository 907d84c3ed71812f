import { maskUrl } from '@voice-pocket/kombu'
import { Command } from 'commander'
import { type ApiKey, ApiKeys, stateOf } from '../access/api-keys.ts'
import { EXPIRY_RULE } from '../access/expiry.ts'
import { keyPrefix } from '../access/key-secret.ts'
import { printQuotas, QUOTA_RULE } from '../access/quota.ts'
import { loadConfig } from '../config.ts'
import { openRecords } from '../records.ts'
import { type KeyOptions, MAX_PRIORITY_RULE, readKeyOptions } from './key-options.ts'

/** `voice-pocket keys`: who may use the HTTP API. A change is true at once in every process that is running. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('Create, list and revoke the API keys of the HTTP API.')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
}

function createCommand(): Command {
  return new Command('create')
    .description('Make a key, and print it: this once, since only its hash is kept.')
    .option('--service', 'acts for every e-mail')
    .option('--user <email>', 'acts for this e-mail alone')
    .option('--name <text>', 'what it is for, to know it again in the list')
    .option('--expires <when>', EXPIRY_RULE)
    .option('--quota <quota...>', QUOTA_RULE)
    .option('--max-priority <number>', `how urgent its requests may be: ${MAX_PRIORITY_RULE}`)
    .action(async (options: KeyOptions) => {
      const wanted = readKeyOptions(options, Date.now())
      const { text, key, place } = await withKeys(async (keys, place) => ({
        ...(await keys.create(wanted)),
        place,
      }))
      console.error(`${describe(key)}. This is the only time it is shown; ${place} keeps its hash.`)
      console.log(text)
    })
}

function listCommand(): Command {
  return new Command('list')
    .description('All keys, the revoked ones too.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const keys = await withKeys((keys) => keys.list())
      if (json) return console.log(JSON.stringify(keys.map(asJson), null, 2))
      if (keys.length === 0) return console.error('There are no keys.')
      for (const line of table(keys)) console.log(line)
    })
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('Make a key useless, at once and for good.')
    .argument('<key>', 'its prefix, as the list has it')
    .action(async (prefix: string) => {
      const key = await withKeys((keys) => keys.revoke(prefix))
      console.error(`${describe(key)} is revoked.`)
    })
}

async function withKeys<Result>(use: (keys: ApiKeys, place: string) => Promise<Result>): Promise<Result> {
  const { index, quotas } = loadConfig()
  await using records = await openRecords(index, {
    onConnectionError: (error) => console.error(`voice-pocket: ${error.message}`),
  })
  return await use(new ApiKeys(records, quotas), maskUrl(index))
}

function describe({ id, kind, email, name, expiresAt }: ApiKey): string {
  const whose = kind === 'service' ? 'of a service' : `of ${email}`
  return `Key ${keyPrefix(id)} ${whose}${name ? ` (${name})` : ''}${expiresAt ? `, until ${expiresAt}` : ''}`
}

function asJson({ id, ...key }: ApiKey) {
  return { prefix: keyPrefix(id), ...key, state: stateOf({ id, ...key }) }
}

function table(keys: readonly ApiKey[]): string[] {
  const head = ['PREFIX', 'ACTS FOR', 'STATE', 'CREATED', 'EXPIRES', 'QUOTAS', 'PRIORITY', 'NAME']
  const rows = keys.map((key) => [
    keyPrefix(key.id),
    key.kind === 'service' ? 'everybody' : String(key.email),
    stateOf(key),
    key.createdAt.slice(0, 10),
    key.expiresAt?.slice(0, 10) ?? '-',
    key.quotas ? printQuotas(key.quotas) : '-',
    key.maxPriority === undefined ? '-' : `at most ${key.maxPriority}`,
    key.name ?? '',
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
