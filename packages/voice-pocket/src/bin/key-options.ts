import type { NewApiKey } from '../access/api-keys.ts'
import { EXPIRY_RULE, parseExpiry } from '../access/expiry.ts'
import { parseQuotas, QUOTA_RULE, type Quota } from '../access/quota.ts'
import { readEmail } from '../email.ts'
import { ApiKeyError } from '../exceptions.ts'
import { HIGHEST_PRIORITY, LOWEST_PRIORITY } from '../priority.ts'

export const MAX_PRIORITY_RULE = `a whole number from ${LOWEST_PRIORITY} to ${HIGHEST_PRIORITY}`

/** Of `voice-pocket keys create`, as they were typed. */
export interface KeyOptions {
  readonly service?: boolean
  readonly user?: string
  readonly name?: string
  readonly expires?: string
  readonly quota?: readonly string[]
  readonly maxPriority?: string
}

/** @throws ApiKeyError that names the option and its rule */
export function readKeyOptions(
  { service = false, user, name, expires, quota, maxPriority }: KeyOptions,
  now: number,
): NewApiKey {
  if (service === (user !== undefined)) {
    throw new ApiKeyError(
      'Say either --service, for a key that acts for everybody, or --user with an e-mail.',
    )
  }
  const email = user === undefined ? undefined : readEmail(user)
  if (user !== undefined && email === undefined) {
    throw new ApiKeyError(`--user is ${user}, but must be an e-mail address such as minji@example.com.`)
  }
  const kind = service ? ('service' as const) : ('user' as const)
  return {
    kind,
    email,
    name,
    expiresAt: readExpiry(expires, now),
    quotas: readQuotas(quota),
    maxPriority: readPriority(maxPriority),
  }
}

function readExpiry(text: string | undefined, now: number): Date | undefined {
  if (text === undefined) return undefined
  const expiresAt = parseExpiry(text, now)
  if (!expiresAt) throw new ApiKeyError(`--expires is ${text}, but must be ${EXPIRY_RULE}.`)
  return expiresAt
}

function readQuotas(texts: readonly string[] | undefined): readonly Quota[] | undefined {
  if (texts === undefined) return undefined
  const quotas = parseQuotas(texts.join(','))
  if (!quotas) throw new ApiKeyError(`--quota is ${texts.join(' ')}, but must be ${QUOTA_RULE}.`)
  return quotas
}

function readPriority(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const priority = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (priority >= LOWEST_PRIORITY && priority <= HIGHEST_PRIORITY) return priority
  throw new ApiKeyError(`--max-priority is ${text}, but must be ${MAX_PRIORITY_RULE}.`)
}
