import * as z from 'zod'
import { ApiKeyError, UnauthenticatedError } from '../exceptions.ts'
import { HIGHEST_PRIORITY, LOWEST_PRIORITY } from '../priority.ts'
import type { Records } from '../records.ts'
import type { Caller } from './access.ts'
import type { Admission, Authenticator } from './authenticator.ts'
import {
  hashSecret,
  keyPrefix,
  looksLikeKey,
  newKeySecret,
  printKey,
  readKey,
  readKeyId,
  secretMatches,
} from './key-secret.ts'
import { QUOTA_UNITS, type Quota } from './quota.ts'

const quotaSchema = z.object({
  unit: z.enum(QUOTA_UNITS),
  limit: z.number().positive(),
  windowSeconds: z.number().positive(),
})

const apiKeySchema = z.object({
  id: z.string(),
  kind: z.enum(['service', 'user']),
  /** Whose it is; a service has none. */
  email: z.string().optional(),
  name: z.string().optional(),
  quotas: z.array(quotaSchema).optional(),
  maxPriority: z.int().min(LOWEST_PRIORITY).max(HIGHEST_PRIORITY).optional(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
})
const storedKeySchema = apiKeySchema.extend({ hash: z.string() })

/** What is known of a key; not the key. */
export type ApiKey = z.output<typeof apiKeySchema>

export interface NewApiKey {
  readonly kind: 'service' | 'user'
  readonly email?: string | undefined
  readonly name?: string | undefined
  readonly expiresAt?: Date | undefined
  readonly quotas?: readonly Quota[] | undefined
  /** The most it may ask for, in the place of what the service lets keys of its kind ask for. */
  readonly maxPriority?: number | undefined
}

/** Says for good that there are keys, also when all of them are revoked: an API does not open by a revocation. */
const KEYS_EXIST = 'access/keys-exist'
const KEY = 'access/key/'
/** Compared with where there is no key of an id, so that this takes as long. */
const NO_KEY = hashSecret('')

/**
 * The keys of this service, kept in its records, so that a key works and stops working in every process at once.
 * Revoked keys stay in the list: who had one can be told.
 */
export class ApiKeys implements Authenticator {
  readonly #records: Records
  readonly #defaultQuotas: readonly Quota[]
  readonly #now: () => number

  /** `defaultQuotas`: of user keys that have none of their own. */
  constructor(records: Records, defaultQuotas: readonly Quota[], now = Date.now) {
    this.#records = records
    this.#defaultQuotas = defaultQuotas
    this.#now = now
  }

  /** Whether there was ever a key. */
  async exist(): Promise<boolean> {
    return (await this.#records.get(KEYS_EXIST)) !== undefined
  }

  /** `text` is the key itself, which can never be read again. */
  async create({ expiresAt, quotas, ...rest }: NewApiKey): Promise<{ key: ApiKey; text: string }> {
    const secret = newKeySecret()
    const createdAt = new Date(this.#now()).toISOString()
    const given = { ...rest, expiresAt: expiresAt?.toISOString(), quotas }
    const key = apiKeySchema.parse({ id: secret.id, createdAt, ...given })
    await this.#records.create(KEYS_EXIST, { since: createdAt }) // first: a key never stands beside an open API
    const stored = { ...key, hash: hashSecret(secret.secret) }
    if (!(await this.#records.create(KEY + key.id, stored))) {
      throw new ApiKeyError(
        `There is a key ${keyPrefix(key.id)} already; create it once more for another id.`,
      )
    }
    return { key, text: printKey(secret) }
  }

  /** The oldest first. */
  async list(): Promise<ApiKey[]> {
    const keys = (await this.#records.list(KEY)).map(({ value }) => apiKeySchema.parse(value))
    return keys.sort((one, other) => one.createdAt.localeCompare(other.createdAt))
  }

  /** By its id or prefix. Twice is fine. Rejects ApiKeyError for a key that is not there. */
  async revoke(idOrPrefix: string): Promise<ApiKey> {
    const id = readKeyId(idOrPrefix)
    const revoked = await this.#records.update(KEY + id, (value) => {
      if (value === undefined) throw new ApiKeyError(`There is no key ${keyPrefix(id)}; list them.`)
      return { revokedAt: new Date(this.#now()).toISOString(), ...(value as object) }
    })
    return apiKeySchema.parse(revoked)
  }

  async authenticate(credential: string): Promise<Admission | undefined> {
    if (!looksLikeKey(credential)) return undefined
    const given = readKey(credential)
    if (!given) throw new UnauthenticatedError('The API key is not a whole one; copy it again.')
    const stored = await this.#records.get(KEY + given.id)
    const key = stored === undefined ? undefined : storedKeySchema.parse(stored)
    const matches = secretMatches(given.secret, key?.hash ?? NO_KEY)
    if (!key || !matches) throw new UnauthenticatedError('The API key is not known here.')
    if (key.revokedAt !== undefined) throw refused(key, `was revoked at ${key.revokedAt}`)
    if (isExpired(key, this.#now())) throw refused(key, `expired at ${key.expiresAt}`)
    const isUser = key.kind === 'user'
    return { caller: callerOf(key), quotas: key.quotas ?? (isUser ? this.#defaultQuotas : []) }
  }
}

/** What to say of a key in a list. */
export function stateOf(key: ApiKey, now = Date.now()): 'active' | 'expired' | 'revoked' {
  if (key.revokedAt !== undefined) return 'revoked'
  return isExpired(key, now) ? 'expired' : 'active'
}

function isExpired({ expiresAt }: ApiKey, now: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now
}

function callerOf({ kind, id, email, maxPriority }: ApiKey): Caller {
  const emails = kind === 'service' ? 'any' : email === undefined ? [] : [email]
  return { kind, id: keyPrefix(id), emails, ...(maxPriority !== undefined && { maxPriority }) }
}

/** Only to one who has the secret: others learn nothing of a key. */
function refused({ id }: ApiKey, why: string): UnauthenticatedError {
  return new UnauthenticatedError(`The API key ${keyPrefix(id)} ${why}; ask for a new one.`)
}
