import type { Caller } from './access.ts'
import type { Quota } from './quota.ts'

/** Somebody who is let in. */
export interface Admission {
  readonly caller: Caller
  /** How much they may ask for. */
  readonly quotas: readonly Quota[]
}

/** Knows one kind of credential: `api-keys.ts` keys, `identity-tokens.ts` tokens of an identity provider. */
export interface Authenticator {
  /**
   * `undefined` when this is no credential of its kind, and another one should look at it.
   * Rejects UnauthenticatedError when it is one that is wrong, unknown, expired or revoked, and ForbiddenError when it
   * is a good one of somebody who has no business here.
   */
  authenticate(credential: string): Promise<Admission | undefined>
}
