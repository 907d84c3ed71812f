/**
 * Tokens of an identity provider (OpenID Connect): signed JWTs in the manner of RFC 7519 and RFC 9068. What makes them
 * good, in the order of looking: a signature by a key the provider publishes, made in one of the asymmetric ways alone
 * (with a shared secret, the provider's public key could be taken for it); issuer, audience, and times. Then whom it
 * names.
 */
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { readEmail } from '../email.ts'
import { ForbiddenError, IdentityUnavailableError, UnauthenticatedError } from '../exceptions.ts'
import type { Caller } from './access.ts'
import type { Admission, Authenticator } from './authenticator.ts'
import { findKeySet } from './discovery.ts'
import type { Quota } from './quota.ts'

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
/** Clocks of two machines differ; so much is nobody's fault. */
const CLOCK_SKEW_SECONDS = 60
const TIMEOUT_MS = 5_000
/** Keys that are taken back are believed no longer than this. */
const KEYS_FRESH_MS = 10 * 60_000
/** A key that is not known makes us ask again, though not for every forged token. */
const KEYS_COOLDOWN_MS = 30_000

export interface IdentityTokenOptions {
  readonly issuer: string
  readonly audience: string
  /** Where the keys are; empty to ask the issuer. */
  readonly jwksUrl: string
  readonly emailClaim: string
  /** Who has this scope acts for everybody; empty for nobody. */
  readonly serviceScope: string
  /** Of persons; a service has none. */
  readonly quotas: readonly Quota[]
  readonly keysCooldownMs?: number
}

export class IdentityTokens implements Authenticator {
  readonly #options: IdentityTokenOptions
  #keys: Promise<JWTVerifyGetKey> | undefined

  constructor(options: IdentityTokenOptions) {
    this.#options = options
  }

  /** Rejects IdentityUnavailableError while the provider's keys cannot be had. */
  async authenticate(credential: string): Promise<Admission | undefined> {
    if (!isJwt(credential)) return undefined
    const keys = await this.#findKeys()
    const claims = await this.#verify(credential, keys)
    const caller = this.#callerOf(claims)
    return { caller, quotas: caller.emails === 'any' ? [] : this.#options.quotas }
  }

  async #verify(token: string, keys: JWTVerifyGetKey): Promise<JWTPayload> {
    const { issuer, audience } = this.#options
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ['exp', 'sub'],
      })
      return payload
    } catch (cause) {
      if (isTokensFault(cause))
        throw new UnauthenticatedError(`The token is no good: ${cause.message}.`, { cause })
      throw new IdentityUnavailableError(
        `The keys of ${issuer} cannot be had, so that no token can be checked; look whether it answers.`,
        { cause },
      )
    }
  }

  #callerOf(claims: JWTPayload): Caller {
    const { issuer, emailClaim, serviceScope } = this.#options
    const id = `token ${claims.sub} of ${issuer}`
    if (serviceScope !== '' && scopesOf(claims).includes(serviceScope))
      return { kind: 'token', id, emails: 'any' }
    const claim = claims[emailClaim]
    const email = typeof claim === 'string' ? readEmail(claim) : undefined
    if (email === undefined) {
      throw new ForbiddenError(
        `The ${id} has no e-mail address in its claim ${emailClaim}, so it may act for nobody.`,
      )
    }
    // Some providers write it as text.
    if (String(claims.email_verified ?? true) !== 'true') {
      throw new ForbiddenError(
        `${issuer} has not verified that ${email} is the address of the ${id}; verify it there.`,
      )
    }
    return { kind: 'token', id, emails: [email] }
  }

  /** Found once; asked for again with the next token when it could not be found. */
  #findKeys(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#openKeys().catch((error) => {
      this.#keys = undefined
      throw error
    })
    return this.#keys
  }

  async #openKeys(): Promise<JWTVerifyGetKey> {
    const { issuer, jwksUrl, keysCooldownMs = KEYS_COOLDOWN_MS } = this.#options
    return createRemoteJWKSet(jwksUrl === '' ? await findKeySet(issuer, TIMEOUT_MS) : new URL(jwksUrl), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: keysCooldownMs,
      cacheMaxAge: KEYS_FRESH_MS,
    })
  }
}

/** All else that can go wrong is the provider's fault, or the network's. */
function isTokensFault(error: unknown): error is errors.JOSEError {
  const kinds = [
    errors.JWTExpired,
    errors.JWTClaimValidationFailed,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
  ]
  return kinds.some((kind) => error instanceof kind)
}

function isJwt(credential: string): boolean {
  try {
    decodeJwt(credential)
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}

/** `scope` is a text (RFC 8693), and `scp` a list or a text, as some providers have it. */
function scopesOf({ scope, scp }: JWTPayload): unknown[] {
  return [scope, scp].flatMap((value) => (typeof value === 'string' ? value.split(' ') : value))
}
