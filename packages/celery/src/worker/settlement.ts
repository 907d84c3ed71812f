/** What becomes of a late-acknowledged message, by how its task ended: the table, and nothing else. */
import type { Outcome } from '../app/trace.ts'
import type { TimeLimitExceeded } from '../exceptions.ts'

export type Settlement = 'ack' | 'reject' | 'requeue' | 'dead-letter' | 'none'

/** How a run ended, seen from outside of the process that ran it. */
export type End =
  | Outcome
  /** Its process died. `again`: the message is to be delivered once more. */
  | { readonly kind: 'lost'; readonly error: Error; readonly again: boolean }
  /** It ran longer than it may and was ended. `again`: as above. */
  | { readonly kind: 'timed-out'; readonly error: TimeLimitExceeded; readonly again: boolean }
  /** The worker is ended at once, or what came of it cannot be stored: nobody knows how far it came. `again`: as above. */
  | { readonly kind: 'abandoned'; readonly error: Error; readonly again: boolean }
  /** The connection was lost and it was not to go on: its message is with the broker, and begins a run of its own. */
  | { readonly kind: 'given-up' }

/** What a dead letter is to say of it. */
export function reasonOf(end: End): string {
  if ('error' in end) return end.error.message
  return 'reason' in end ? end.reason : end.kind
}

export function settlement(end: End, acksOnFailureOrTimeout: boolean): Settlement {
  switch (end.kind) {
    case 'undecodable':
      return 'dead-letter'
    case 'given-up':
      return 'none'
    case 'abandoned':
      return end.again ? 'requeue' : 'dead-letter'
    case 'lost':
    case 'timed-out':
      return end.again ? 'requeue' : acksOnFailureOrTimeout ? 'ack' : 'reject'
    case 'failure':
      return acksOnFailureOrTimeout ? 'ack' : 'reject'
    case 'reject':
      return end.requeue ? 'requeue' : 'reject'
    default:
      return 'ack'
  }
}
