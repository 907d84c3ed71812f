import { describe, describeArgs } from './describe.ts'
import { describeIssue, type SchemaIssue } from './standard-schema.ts'

/**
 * Every error this package throws on purpose, under Celery's own names. Each class says what is true of the
 * world once it is thrown. `args` is what travels in a result record, as Python's `exception.args` does.
 */
export class CeleryError extends Error {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  get args(): readonly unknown[] {
    return this.message === '' ? [] : [this.message]
  }
}

/** A setting is missing, unknown or impossible; nothing was started. */
export class ImproperlyConfigured extends CeleryError {}

/** Content was refused because accepting it could run somebody else's code. */
export class SecurityError extends CeleryError {}

// ---- what a task throws to choose its outcome

/** Base of the errors that are an outcome and not a failure. */
export class TaskPredicate extends CeleryError {}

export interface RetryOptions {
  /** Why the task is tried again. */
  readonly exc?: unknown
  /** Seconds from now, or the moment. */
  readonly when?: number | Date
}

/** The task is to be run again: its message is published anew, and this run counts as RETRY. */
export class Retry extends TaskPredicate {
  readonly exc: unknown
  readonly when: number | Date | undefined

  constructor(message?: string, { exc, when }: RetryOptions = {}) {
    super(message || describeRetry(exc, when), { cause: exc })
    this.exc = exc
    this.when = when
  }
}

/** The task does not want a state of its own to be stored: its message is acknowledged and that is all. */
export class Ignore extends TaskPredicate {}

/** The task refuses its message: it goes back to the queue, or is dropped (dead-lettered where configured). */
export class Reject extends TaskPredicate {
  readonly reason: unknown
  readonly requeue: boolean

  constructor(reason?: unknown, { requeue = false }: { requeue?: boolean } = {}) {
    super(`reject requeue=${requeue}: ${describe(reason)}`, { cause: reason })
    this.reason = reason
    this.requeue = requeue
  }

  override get args(): readonly unknown[] {
    return [this.reason, this.requeue]
  }
}

// ---- what can be wrong with a task

export class TaskError extends CeleryError {}

/** No task of this name is registered in this process. */
export class NotRegistered extends TaskError {
  readonly taskName: string

  constructor(taskName: string, options?: ErrorOptions) {
    super(
      `Task of kind '${taskName}' never registered, please make sure the module that defines it is imported.`,
      options,
    )
    this.taskName = taskName
  }

  override get args(): readonly unknown[] {
    return [this.taskName]
  }
}

/** Two different tasks claim one name; the first one stands. */
export class AlreadyRegistered extends TaskError {}

/** A task was routed to a queue that is not among the configured ones; nothing was sent. */
export class QueueNotFound extends TaskError {}

/** The stream of results ended before all had come. */
export class IncompleteStream extends TaskError {}

/** Waiting was given up; the task itself goes on. */
export class TimeoutError extends TaskError {}

/** The task failed every time it was allowed to be tried. */
export class MaxRetriesExceededError extends TaskError {
  readonly taskArgs: readonly unknown[]
  readonly taskKwargs: Readonly<Record<string, unknown>>

  constructor(
    message: string,
    {
      taskArgs = [],
      taskKwargs = {},
      ...options
    }: ErrorOptions & { taskArgs?: readonly unknown[]; taskKwargs?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options)
    this.taskArgs = taskArgs
    this.taskKwargs = taskKwargs
  }
}

/** The task was revoked, expired or terminated: there is no result. */
export class TaskRevokedError extends TaskError {}

/** The message or the definition of the task is not a valid one. */
export class InvalidTaskError extends TaskError {}

/** A member of a chord's header failed, so its body will not run. */
export class ChordError extends TaskError {}

/** A canvas that cannot be sent or run as it is: it refers to itself, or is too large. Nothing of it was sent. */
export class CanvasError extends TaskError {}

// ---- what can be wrong with a message that is no task

/** The message can never be handled, however often it is delivered; it goes to the dead letters. */
export class MalformedMessageError extends CeleryError {
  /** A code for programs, such as `not_json`; the message is for people. */
  readonly reason: string

  constructor(reason: string, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.reason = reason
  }
}

/** The body does not fit the schema of its type. */
export class InvalidMessageError extends MalformedMessageError {
  /** What the schema's library says, with whatever it adds to Standard Schema. */
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    super('invalid_message', issues.map(describeIssue).join('; '))
    this.issues = issues
  }
}

// ---- what can happen to a beat

/** Another beat may lead now: nothing was written, and nothing may be sent. */
export class LeadershipLost extends CeleryError {}

// ---- what can happen to the process that runs a task (Python has these in `billiard.exceptions`)

/** A limit on the run time was reached; `seconds` is that limit when known. */
class TimeLimitError extends CeleryError {
  readonly seconds: number | undefined

  constructor(what: string, seconds: number | undefined, options?: ErrorOptions) {
    super(seconds === undefined ? what : `${what}: ${seconds} seconds`, options)
    this.seconds = seconds
  }

  override get args(): readonly unknown[] {
    return this.seconds === undefined ? [] : [this.seconds]
  }
}

/** The soft limit has passed: the task is told, so that it can clean up before the hard one. */
export class SoftTimeLimitExceeded extends TimeLimitError {
  constructor(seconds?: number, options?: ErrorOptions) {
    super('The soft time limit of the task was exceeded', seconds, options)
  }
}

/** The hard limit has passed: the process that ran the task was ended. */
export class TimeLimitExceeded extends TimeLimitError {
  constructor(seconds?: number, options?: ErrorOptions) {
    super('The time limit of the task was exceeded and its process was ended', seconds, options)
  }
}

/** The handler of a message was told to give up, and is not waited for; how far it comes is unknown. */
export class MessageTimeLimitExceeded extends TimeLimitError {
  constructor(seconds?: number, options?: ErrorOptions) {
    super('The time limit of a message’s handler was exceeded', seconds, options)
  }
}

/** The process that ran the task is gone; how far the task came is unknown. */
export class WorkerLostError extends CeleryError {}

/** The process that ran the task was ended on request. */
export class Terminated extends CeleryError {}

// ---- result backends

/** The result backend did not do what was asked; whether a write arrived is unknown unless the message says. */
export class BackendError extends CeleryError {}

/** The result record could not be read, or is not a result record. */
export class BackendGetMetaError extends BackendError {}

/** The result record could not be written. */
export class BackendStoreError extends BackendError {}

// ---- what was thrown elsewhere

/** A task threw something that is no Error, such as a string; `value` is what it threw, or its description. */
export class ThrownValue extends CeleryError {
  readonly value: unknown

  constructor(value: unknown, options?: ErrorOptions) {
    super(describe(value), options)
    this.value = value
  }

  override get args(): readonly unknown[] {
    return [this.value]
  }
}

export interface RemoteErrorRecord {
  readonly excType: string
  readonly excModule: string | null
  readonly excMessage: readonly unknown[]
  readonly traceback?: string | null
}

/**
 * An exception of a class that does not exist in this process, such as Python's `ValueError`. Its `name` is the
 * original's, so that it reads the same in a log, and everything that was stored about it is kept.
 */
export class RemoteError extends CeleryError {
  readonly excType: string
  readonly excModule: string | null
  readonly excMessage: readonly unknown[]
  readonly traceback: string | null

  constructor(
    { excType, excModule, excMessage, traceback = null }: RemoteErrorRecord,
    options?: ErrorOptions,
  ) {
    super(describeArgs(excMessage), options)
    this.name = excType
    this.excType = excType
    this.excModule = excModule
    this.excMessage = excMessage
    this.traceback = traceback
  }

  override get args(): readonly unknown[] {
    return this.excMessage
  }
}

/** The traceback of an error that happened in another process: its `cause` here, so that logs print both. */
export class RemoteTraceback extends CeleryError {
  readonly #traceback: string

  constructor(traceback: string) {
    super('the error was thrown in another process')
    this.#traceback = traceback
    this.stack = `${this.name}: ${this.message}\n${traceback}`
  }

  get traceback(): string {
    return this.#traceback
  }
}

function describeRetry(exc: unknown, when: number | Date | undefined): string {
  const moment = when instanceof Date ? ` at ${when.toISOString()}` : when === undefined ? '' : ` in ${when}s`
  return exc === undefined ? `Retry${moment}` : `Retry${moment}: ${describeCause(exc)}`
}

function describeCause(exc: unknown): string {
  return exc instanceof Error ? `${exc.name}: ${exc.message}` : describe(exc)
}
