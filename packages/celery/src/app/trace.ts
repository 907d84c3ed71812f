/**
 * Runs one task, in whatever process the pool runs it: opens the message, calls the function, stores what came
 * of it and says so. The order of effects is Celery's (`celery/app/trace.py`): accepted, STARTED, run, callbacks and
 * the next of the chain (`continuation.ts`), result, chord, outcome. Whether and when the message is acknowledged is
 * decided in `worker/request.ts`, not here.
 */
import { SerializationError } from '@voice-pocket/kombu'
import type { Backend } from '../backends/base.ts'
import { describe } from '../describe.ts'
import {
  Ignore,
  InvalidTaskError,
  NotRegistered,
  Reject,
  Retry,
  TaskRevokedError,
  TimeLimitExceeded,
} from '../exceptions.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'
import { Continuation } from './continuation.ts'
import { readTask, type TaskWire } from './protocol.ts'
import { reprValue } from './python-repr.ts'
import type { AnyTask } from './task.ts'
import { SoftTimeLimit } from './time-limits.ts'

/** How a task ended, in a form that can cross from a child process. */
export type Outcome =
  | { readonly kind: 'success'; readonly repr: string; readonly runtime: number }
  | {
      readonly kind: 'failure'
      readonly error: ThrownError
      readonly runtime: number
      readonly expected: boolean
    }
  | { readonly kind: 'retry'; readonly error: ThrownError }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'reject'; readonly requeue: boolean; readonly reason: string }
  /** The message could not be opened: nobody knows what was asked. */
  | { readonly kind: 'undecodable'; readonly reason: string }
  /** It was told to stop while it ran, and did. */
  | { readonly kind: 'cancelled' }

/** An error as it crosses: an Error loses its class between processes. */
export interface ThrownError {
  readonly name: string
  readonly message: string
  readonly traceback: string
}

export interface TraceOptions {
  /** Aborts when the task is given up: whatever it throws from then on is not its outcome. */
  readonly signal: AbortSignal
  /** Seconds after which `request.signal` aborts as well, with SoftTimeLimitExceeded: that is the task's to deal with. */
  readonly softTimeLimit: number | undefined
  /** The message was opened and the task begins: from here on it counts as taken. */
  readonly onAccepted: () => void
}

export async function trace(
  app: Celery,
  wire: TaskWire,
  { signal, softTimeLimit, onAccepted }: TraceOptions,
): Promise<Outcome> {
  const soft = new SoftTimeLimit(softTimeLimit)
  let request: Context
  try {
    request = readTask(wire, app.conf.acceptContent, AbortSignal.any([signal, soft.signal]))
  } catch (error) {
    if (error instanceof SerializationError || error instanceof InvalidTaskError) {
      return { kind: 'undecodable', reason: error.message }
    }
    throw error
  }
  onAccepted()
  const backend = await app.backend()
  const continuation = new Continuation(app, request)
  if (!app.tasks.has(request.task)) return failUnregistered(backend, continuation)
  soft.start()
  try {
    const run = () => runTask(app, app.tasks.get(request.task), request, backend, { signal, continuation })
    return await continuation.within(run)
  } finally {
    soft.stop()
  }
}

async function runTask(
  app: Celery,
  task: AnyTask,
  request: Context,
  backend: Backend,
  { signal: givenUp, continuation }: { signal: AbortSignal; continuation: Continuation },
): Promise<Outcome> {
  const ignoreResult = request.ignoreResult || (task.options.ignoreResult ?? app.conf.taskIgnoreResult)
  const trackStarted = task.options.trackStarted ?? app.conf.taskTrackStarted
  const startedAt = performance.now()
  const runtime = () => (performance.now() - startedAt) / 1000
  const settle = (error: unknown) =>
    settleThrown(app, task, continuation, backend, { error, ignoreResult, runtime: runtime(), givenUp })
  let result: unknown
  try {
    if (trackStarted && !ignoreResult) {
      await backend.markAsStarted(request.id, { pid: process.pid, hostname: request.hostname }, request)
    }
    continuation.assertReadable()
    result = await task.run(request)
    if (givenUp.reason instanceof TimeLimitExceeded) return { kind: 'cancelled' } // it has failed already
    await continuation.proceed(result)
  } catch (error) {
    return settle(error)
  }
  if (!ignoreResult) {
    const stored = await backend.markAsDone(request.id, result, continuation.record)
    if (stored.status === 'FAILURE') {
      await continuation.failed({ error: stored.error, store: true })
      await task.ended(request, 'FAILURE', stored.error)
      return { kind: 'failure', error: toThrown(stored.error), runtime: runtime(), expected: false }
    }
  }
  try {
    await continuation.returned(result)
  } catch (error) {
    return settle(error)
  }
  await task.ended(request, 'SUCCESS', result)
  return { kind: 'success', repr: reprValue(result), runtime: runtime() }
}

async function settleThrown(
  app: Celery,
  task: AnyTask,
  continuation: Continuation,
  backend: Backend,
  {
    error,
    ignoreResult,
    runtime,
    givenUp,
  }: { error: unknown; ignoreResult: boolean; runtime: number; givenUp: AbortSignal },
): Promise<Outcome> {
  const { record: request } = continuation
  if (error instanceof Ignore) return { kind: 'ignore' }
  if (error instanceof Reject)
    return { kind: 'reject', requeue: error.requeue, reason: describe(error.reason ?? '') }
  if (error instanceof Retry) {
    if (!ignoreResult) await backend.markAsRetry(request.id, error.exc ?? error, undefined, request)
    await task.ended(request, 'RETRY', error.exc ?? error)
    return { kind: 'retry', error: toThrown(error.exc ?? error) }
  }
  if (givenUp.aborted || error instanceof TaskRevokedError) return { kind: 'cancelled' }
  const storeError = task.options.storeErrorsEvenIfIgnored ?? app.conf.taskStoreErrorsEvenIfIgnored
  const store = !ignoreResult || storeError
  if (store) await backend.markAsFailure(request.id, error, undefined, request)
  await continuation.failed({ error, store })
  await task.ended(request, 'FAILURE', error)
  return { kind: 'failure', error: toThrown(error), runtime, expected: task.expects(error) }
}

async function failUnregistered(backend: Backend, continuation: Continuation): Promise<Outcome> {
  const { record: request } = continuation
  const error = new NotRegistered(request.task)
  await backend.markAsFailure(request.id, error, undefined, request)
  await continuation.failed({ error, store: true })
  return { kind: 'failure', error: toThrown(error), runtime: 0, expected: false }
}

/** Only texts, so that whatever was thrown can cross to another process. Never throws. */
function toThrown(error: unknown): ThrownError {
  if (!(error instanceof Error)) {
    const text = describe(error)
    return { name: 'Error', message: text, traceback: text }
  }
  return {
    name: describe(error.name),
    message: describe(error.message),
    traceback: describe(error.stack ?? `${describe(error.name)}: ${describe(error.message)}`),
  }
}
