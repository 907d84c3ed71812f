/** The names a task's state has on the wire, and the sets that decide what a state means. */

export const PENDING = 'PENDING'
export const RECEIVED = 'RECEIVED'
export const STARTED = 'STARTED'
export const SUCCESS = 'SUCCESS'
export const FAILURE = 'FAILURE'
export const REVOKED = 'REVOKED'
export const REJECTED = 'REJECTED'
export const RETRY = 'RETRY'
export const IGNORED = 'IGNORED'

export type BuiltinState =
  | typeof PENDING
  | typeof RECEIVED
  | typeof STARTED
  | typeof SUCCESS
  | typeof FAILURE
  | typeof REVOKED
  | typeof REJECTED
  | typeof RETRY
  | typeof IGNORED

/** Celery's own states, or any other word a task chose for itself, such as `PROGRESS`. */
export type State = BuiltinState | (string & {})

/** Nothing more is expected to happen to the task. */
export const READY_STATES: ReadonlySet<State> = new Set([SUCCESS, FAILURE, REVOKED])

export const UNREADY_STATES: ReadonlySet<State> = new Set([PENDING, RECEIVED, STARTED, REJECTED, RETRY])

/** The result is an exception. */
export const EXCEPTION_STATES: ReadonlySet<State> = new Set([RETRY, FAILURE, REVOKED])

/** The result is an exception that `AsyncResult.get()` throws. */
export const PROPAGATE_STATES: ReadonlySet<State> = new Set([FAILURE, REVOKED])

/** Built-in states that are stored; IGNORED and REJECTED only ever appear in events. */
export const ALL_STATES: ReadonlySet<State> = new Set([
  PENDING,
  RECEIVED,
  STARTED,
  SUCCESS,
  FAILURE,
  RETRY,
  REVOKED,
])
