import { maskUrl } from '@voice-pocket/kombu'
import { Command } from 'commander'
import { type ApiKey, ApiKeys, stateOf } from '../access/api-keys.ts'
import { EXPIRY_RULE, parseExpiry } from '../access/expiry.ts'
import { keyPrefix } from '../access/key-secret.ts'
import { parseQuotas, printQuotas, QUOTA_RULE, type Quota } from '../access/quota.ts'
import { loadConfig } from '../config.ts'
import { ApiKeyError } from '../exceptions.ts'
import { isEmail } from '../messages.ts'
import { openRecords } from '../records.ts'

interface CreateOptions {
  readonly service?: boolean
  readonly user?: string
  readonly name?: string
  readonly expires?: string
  readonly quota?: readonly string[]
}

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
    .action(async (options: CreateOptions) => {
      const wanted = readOptions(options)
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

/** @throws ApiKeyError that names the option and its rule */
function readOptions({ service = false, user, name, expires, quota }: CreateOptions) {
  if (service === (user !== undefined)) {
    throw new ApiKeyError(
      'Say either --service, for a key that acts for everybody, or --user with an e-mail.',
    )
  }
  if (user !== undefined && !isEmail(user)) {
    throw new ApiKeyError(`--user is ${user}, but must be an e-mail address such as minji@example.com.`)
  }
  const kind = service ? ('service' as const) : ('user' as const)
  return { kind, email: user, name, expiresAt: readExpiry(expires), quotas: readQuotas(quota) }
}

function readExpiry(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const expiresAt = parseExpiry(text, Date.now())
  if (!expiresAt) throw new ApiKeyError(`--expires is ${text}, but must be ${EXPIRY_RULE}.`)
  return expiresAt
}

function readQuotas(texts: readonly string[] | undefined): readonly Quota[] | undefined {
  if (texts === undefined) return undefined
  const quotas = parseQuotas(texts.join(','))
  if (!quotas) throw new ApiKeyError(`--quota is ${texts.join(' ')}, but must be ${QUOTA_RULE}.`)
  return quotas
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
  const head = ['PREFIX', 'ACTS FOR', 'STATE', 'CREATED', 'EXPIRES', 'QUOTAS', 'NAME']
  const rows = keys.map((key) => [
    keyPrefix(key.id),
    key.kind === 'service' ? 'everybody' : String(key.email),
    stateOf(key),
    key.createdAt.slice(0, 10),
    key.expiresAt?.slice(0, 10) ?? '-',
    key.quotas ? printQuotas(key.quotas) : '-',
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
