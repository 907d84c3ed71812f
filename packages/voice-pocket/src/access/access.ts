/** Who asks, and whose voices, speech and pronunciations that lets them touch. Routes ask this file and nothing else. */
import { canonicalEmail } from '../email.ts'
import { ForbiddenError } from '../exceptions.ts'

/** `open`: nobody was asked who they are. `service`, `user`: by an API key. `token`: by a token of an identity provider. */
export type CallerKind = 'open' | 'service' | 'user' | 'token'

/** Somebody who asks, as far as they have shown who they are. */
export interface Caller {
  readonly kind: CallerKind
  /** The same for every request of the same key or person; safe to log, and to count by. */
  readonly id: string
  /** Whom it may act for: everybody, or those with one of these addresses. */
  readonly emails: 'any' | readonly string[]
  /** The most that its own key lets it ask for, whatever others may. */
  readonly maxPriority?: number
}

/** Where nothing is configured that could tell callers apart. */
export const OPEN_CALLER: Caller = Object.freeze({ kind: 'open', id: 'open', emails: 'any' })

/** Whether what belongs to this address is the caller's to use: to ask for it, read it, change it and delete it. */
export function mayActFor(caller: Pick<Caller, 'emails'>, email: string): boolean {
  if (caller.emails === 'any') return true
  const wanted = canonicalEmail(email)
  return caller.emails.some((own) => canonicalEmail(own) === wanted)
}

/** @throws ForbiddenError. Where nobody may learn that something exists, answer as if it did not, instead. */
export function assertMayActFor(caller: Caller, email: string): void {
  if (mayActFor(caller, email)) return
  const own = caller.emails === 'any' || caller.emails.length === 0 ? 'nobody' : caller.emails.join(', ')
  throw new ForbiddenError(
    `${caller.id} may act for ${own}, and not for ${email}; use that person's own key or token, or one of a service.`,
  )
}
