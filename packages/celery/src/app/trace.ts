/**
 * Runs one task, in whatever process the pool runs it: opens the message, calls the function, stores what came
 * of it and says so. The order of effects is Celery's (`celery/app/trace.py`): accepted, STARTED, run, callbacks and
 * the next of the chain (`continuation.ts`), result, chord, outcome. Whether and when the message is acknowledged is
 * decided in `worker/request.ts`, not here.
 */
import { SerializationError } from '@voice-pocket/kombu'
import type { Backend } from '../backends/base.ts'
import { type ExceptionRecord, encodeException } from '../backends/exception-record.ts'
import { isEncodable } from '../backends/record-text.ts'
import { describe } from '../describe.ts'
import {
  CanvasError,
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
import { type SignalledRun, signalled } from './run-signals.ts'
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
  | { readonly kind: 'undecodable'; readonly reason: string; readonly exception: ExceptionRecord }
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

/** What reading a message throws when it is the message's fault. */
const UNREADABLE = [SerializationError, InvalidTaskError, CanvasError]

export async function trace(
  app: Celery,
  wire: TaskWire,
  { signal, softTimeLimit, onAccepted }: TraceOptions,
): Promise<Outcome> {
  const soft = new SoftTimeLimit(softTimeLimit)
  let request: Context
  let continuation: Continuation
  try {
    request = readTask(wire, app.conf.acceptContent, soft.with(signal))
    continuation = new Continuation(app, request)
    continuation.assertReadable()
  } catch (error) {
    if (UNREADABLE.some((kind) => error instanceof kind)) {
      return unreadable(error as Error)
    }
    throw error
  }
  onAccepted()
  const backend = await app.backend()
  if (!app.tasks.has(request.task)) return failUnregistered(backend, continuation)
  soft.start()
  try {
    const run = new TaskRun(app, app.tasks.get(request.task), request, {
      backend,
      continuation,
      givenUp: signal,
    })
    return await continuation.within(() => app.middleware.run.around(request, () => signalled(app, run)))
  } finally {
    soft.stop()
  }
}

function unreadable(error: Error): Outcome {
  return { kind: 'undecodable', reason: error.message, exception: encodeException(error, isEncodable) }
}

async function failUnregistered(backend: Backend, continuation: Continuation): Promise<Outcome> {
  const { request } = continuation
  const error = new NotRegistered(request.task)
  await backend.markAsFailure(request.id, error, undefined, request)
  await continuation.failed({ error, store: true })
  return { kind: 'failure', error: toThrown(error), runtime: 0, expected: false }
}

interface TaskRunParts {
  readonly backend: Backend
  readonly continuation: Continuation
  /** Aborts when nobody waits for the task any more. */
  readonly givenUp: AbortSignal
}

/** One run of one task, from its first state to its outcome. */
class TaskRun implements SignalledRun {
  readonly task: AnyTask
  readonly request: Context
  /** What the task returned or threw, once it has. */
  retval: unknown
  readonly #parts: TaskRunParts
  readonly #storesResult: boolean
  readonly #storesError: boolean
  readonly #storesStarted: boolean
  readonly #startedAt = performance.now()

  constructor({ conf }: Celery, task: AnyTask, request: Context, parts: TaskRunParts) {
    const { storeErrorsEvenIfIgnored, trackStarted } = task.options
    this.task = task
    this.request = request
    this.#parts = parts
    this.#storesResult = !task.ignoresResult(request) // the caller's word counts more, as in Celery
    this.#storesError = this.#storesResult || (storeErrorsEvenIfIgnored ?? conf.taskStoreErrorsEvenIfIgnored)
    this.#storesStarted = this.#storesResult && (trackStarted ?? conf.taskTrackStarted)
  }

  /** Rejects when the result backend is away: then the task has no outcome yet. */
  async outcome(): Promise<Outcome> {
    const { continuation, givenUp } = this.#parts
    let result: unknown
    await this.#markAsStarted()
    try {
      continuation.assertReadable()
      result = await this.task.run(this.request)
      this.retval = result
      if (givenUp.reason instanceof TimeLimitExceeded) return { kind: 'cancelled' } // it has failed already
      await continuation.proceed(result)
    } catch (error) {
      return this.#settleThrown(error)
    }
    return this.#succeed(result)
  }

  get #runtime(): number {
    return (performance.now() - this.#startedAt) / 1000
  }

  async #markAsStarted(): Promise<void> {
    if (!this.#storesStarted) return
    const { id, hostname } = this.request
    await this.#parts.backend.markAsStarted(id, { pid: process.pid, hostname }, this.request)
  }

  async #succeed(result: unknown): Promise<Outcome> {
    const { backend, continuation } = this.#parts
    if (this.#storesResult) {
      const stored = await backend.markAsDone(this.request.id, result, this.request)
      if (stored.status === 'FAILURE') return this.#failed(stored.error, { store: true, expected: false })
    }
    try {
      await continuation.returned(result)
    } catch (error) {
      return this.#settleThrown(error)
    }
    await this.task.ended(this.request, 'SUCCESS', result)
    return {
      kind: 'success',
      repr: reprValue(result, this.task.options.resultreprMaxsize),
      runtime: this.#runtime,
    }
  }

  async #settleThrown(error: unknown): Promise<Outcome> {
    const { backend, givenUp } = this.#parts
    const { id } = this.request
    this.retval = error
    if (error instanceof Ignore) return { kind: 'ignore' }
    if (error instanceof Reject) {
      return { kind: 'reject', requeue: error.requeue, reason: describe(error.reason ?? '') }
    }
    if (error instanceof Retry) {
      const cause = error.exc ?? error
      if (this.#storesResult) await backend.markAsRetry(id, cause, undefined, this.request)
      await this.task.ended(this.request, 'RETRY', cause)
      return { kind: 'retry', error: toThrown(cause) }
    }
    if (givenUp.aborted || error instanceof TaskRevokedError) return { kind: 'cancelled' }
    if (this.#storesError) await backend.markAsFailure(id, error, undefined, this.request)
    return this.#failed(error, { store: this.#storesError, expected: this.task.expects(error) })
  }

  /** Its state is stored; the rest of its chain, its chord, its errbacks and its hooks are told. */
  async #failed(
    error: unknown,
    { store, expected }: { store: boolean; expected: boolean },
  ): Promise<Outcome> {
    await this.#parts.continuation.failed({ error, store })
    await this.task.ended(this.request, 'FAILURE', error)
    return { kind: 'failure', error: toThrown(error), runtime: this.#runtime, expected }
  }
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
