/**
 * What is told of a task, seen from the worker's own process: a line in the log, the signals, the events for whoever
 * monitors it, and the result where there is no process left that could have stored one. Telling comes before settling: after a crash
 * in between it is told again, and never not at all.
 */
import type { Celery } from '../app/celery.ts'
import { reprError } from '../app/python-repr.ts'
import type { ThrownError } from '../app/trace.ts'
import { failUnrun, retryUnrun, revokeUnrun, type Unrun } from '../app/unrun.ts'
import { decodeException } from '../backends/exception-record.ts'
import type { EventDispatcher } from '../events/dispatcher.ts'
import type { EventFields } from '../events/event.ts'
import { Retry, Terminated, WorkerLostError } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { SignalledTask } from '../signals.ts'
import type { End } from './settlement.ts'

/** A task message in the hands of a worker, as far as is told of it. */
export interface ReportedTask extends SignalledTask {
  /** What logs and monitors call it: the `shadow` of its call, or else its name. */
  readonly title: string
  /** Where it came from. */
  readonly queue: string
  /** Whether anybody is to know how it ends. */
  readonly keepsResult: boolean
}

/** One thing that is told of a task. */
export interface TaskReport {
  /**
   * The type of Celery's event, or what there is no event of: `task-ignored`, and `task-abandoned` of a run that has
   * no outcome because it could not be stored.
   */
  readonly type: string
  readonly task: ReportedTask
  readonly fields: EventFields
}

/** The ended task, as far as is told of it. */
export interface Ended {
  readonly task: ReportedTask
  readonly unrun: Unrun
  /** It had begun. */
  readonly hasBegun: boolean
  readonly isAcknowledged: boolean
  /** The signal that was to end it, if one was. */
  readonly signum: number | undefined
}

export class Reporter {
  readonly #app: Celery
  readonly #logger: Logger
  readonly #events: EventDispatcher
  readonly #listeners = new Set<(report: TaskReport) => void>()
  /** Messages so far for tasks that do not exist here. */
  unknownCount = 0

  constructor(app: Celery, logger: Logger, events: EventDispatcher) {
    this.#app = app
    this.#logger = logger
    this.#events = events
  }

  /**
   * Has somebody in this process hear what is told of tasks, whether or not monitors do.
   * @param listener must not throw
   * @returns what ends it
   */
  listen(listener: (report: TaskReport) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @param fields of the event */
  async received(task: ReportedTask, fields: EventFields): Promise<void> {
    this.#logger.info(`Task ${task.title}[${task.id}] received`)
    await this.#app.signals.taskReceived.send({ task }, this.#logger, task.name)
    this.#send('task-received', task, fields)
  }

  started(task: ReportedTask): void {
    this.#send('task-started', task)
  }

  /** A message for a task that does not exist here. */
  unknown({ id: uuid, task }: { readonly id: string; readonly task: string }): void {
    this.unknownCount += 1
    this.#events.send('task-failed', { uuid, exception: reprError({ name: 'NotRegistered', message: task }) })
  }

  /** It will not be run: it was revoked or has expired before it began. */
  async discarded(ended: Ended, reason: 'revoked' | 'expired'): Promise<void> {
    const { task } = ended
    await revokeUnrun(this.#app, ended.unrun, reason)
    this.#logger.info(`Discarding ${reason} task: ${task.title}[${task.id}]`)
    await this.#tellRevoked(ended, { terminated: false, expired: reason === 'expired' })
  }

  async ended(ended: Ended, end: End): Promise<void> {
    const { task } = ended
    const title = `Task ${task.title}[${task.id}]`
    switch (end.kind) {
      case 'success':
        this.#send('task-succeeded', task, { result: end.repr, runtime: end.runtime })
        this.#logger.info(`${title} succeeded in ${end.runtime.toFixed(3)}s: ${end.repr.slice(0, 200)}`)
        return this.#app.signals.taskSuccess.send(
          { task, runtime: end.runtime, repr: end.repr },
          this.#logger,
          task.name,
        )
      case 'failure':
        if (end.expected)
          this.#logger.info(`${title} raised expected: ${end.error.name}: ${end.error.message}`)
        else this.#logger.error(`${title} raised unexpected: ${end.error.traceback}`)
        return this.#tellFailed(task, toError(end.error))
      case 'retry':
        this.#send('task-retried', task, errorFields(end.error))
        this.#logger.info(`${title} retry: ${end.error.name}: ${end.error.message}`)
        return this.#app.signals.taskRetry.send({ task, reason: toError(end.error) }, this.#logger, task.name)
      case 'reject':
        if (ended.isAcknowledged) this.#notify('task-rejected', task, { requeue: false })
        else this.#send('task-rejected', task, { requeue: end.requeue })
        return this.#logger.warn(
          `${title} rejected${end.requeue ? ', back to its queue' : ''}: ${end.reason}`,
        )
      case 'ignore':
        this.#notify('task-ignored', task)
        return this.#logger.info(`${title} ignored`)
      case 'cancelled':
        return this.#cancelled(ended, title)
      case 'given-up':
        return this.#givenUp(ended, title)
      case 'lost':
        return this.#lost(ended, title, end)
      case 'timed-out':
        return this.#timedOut(ended, title, end)
      case 'abandoned':
        return this.#abandoned(ended, title, end)
      case 'undecodable':
        this.#logger.error(`${title} goes to the dead letters: ${end.reason}`)
        return this.#fail(ended, decodeException(end.exception, null))
    }
  }

  async #cancelled(ended: Ended, title: string): Promise<void> {
    const { unrun, hasBegun: terminated } = ended
    const reason = terminated ? 'terminated' : 'revoked'
    await revokeUnrun(this.#app, unrun, reason)
    this.#logger.info(`${title} ${reason}`)
    await this.#tellRevoked(ended, { terminated, expired: false })
  }

  /** In Celery's words, and with its event, state and signal. */
  async #givenUp({ task, unrun }: Ended, title: string): Promise<void> {
    const reason = new Retry('cancelled by Celery')
    this.#logger.warn(
      `${title} cannot be acknowledged after a connection loss since late acknowledgement is enabled for it; ` +
        'it was terminated, and begins again when its message comes again',
    )
    this.#send('task-cancelled', task)
    await retryUnrun(this.#app, unrun, reason)
    await this.#app.signals.taskRetry.send({ task, reason }, this.#logger, task.name)
  }

  async #lost(ended: Ended, title: string, { error, again }: Extract<End, { kind: 'lost' }>): Promise<void> {
    const fate = again ? '; it will be delivered again' : ''
    this.#logger.error(`${title} lost its child${fate}: ${error.message}`)
    if (again) this.#send('task-rejected', ended.task, { requeue: true })
    else await this.#fail(ended, error)
  }

  async #timedOut(
    ended: Ended,
    title: string,
    { error, again }: Extract<End, { kind: 'timed-out' }>,
  ): Promise<void> {
    const fate = again ? '; it will be delivered again' : ''
    this.#logger.error(`${title}: hard time limit (${error.seconds}s) exceeded${fate}`)
    if (!again) await this.#fail(ended, error)
    else this.#send('task-rejected', ended.task, { requeue: true })
  }

  /** A message not yet acknowledged goes back to the broker; of one that was, only a FAILURE can tell. */
  async #abandoned(
    ended: Ended,
    title: string,
    { error, again }: Extract<End, { kind: 'abandoned' }>,
  ): Promise<void> {
    const { isAcknowledged } = ended
    if (!(error instanceof Terminated)) await this.#tellAbandoned(ended.task, error)
    else if (ended.hasBegun) this.#send('task-cancelled', ended.task)
    if (!isAcknowledged && again)
      return this.#logger.warn(`${title} goes back to its queue: ${error.message}`)
    const fate = isAcknowledged ? '' : ', and goes to the dead letters'
    this.#logger.error(`${title} was given up${fate}: ${error.message}`)
    try {
      await this.#fail(ended, error instanceof Terminated ? new WorkerLostError(error.message) : error)
    } catch (cause) {
      if (isAcknowledged) throw cause
      this.#logger.error({ err: cause }, `${title} failed, but nobody can be told: its dead letter tells it`)
    }
  }

  #tellAbandoned(task: ReportedTask, exception: Error): Promise<void> {
    this.#notify('task-abandoned', task)
    return this.#app.signals.taskInternalError.send({ task, exception }, this.#logger, task.name)
  }

  async #fail({ task, unrun }: Ended, error: Error): Promise<void> {
    await failUnrun(this.#app, unrun, error)
    await this.#tellFailed(task, error)
  }

  #tellFailed(task: ReportedTask, exception: Error): Promise<void> {
    const { name, message, stack = '' } = exception
    this.#send('task-failed', task, errorFields({ name, message, traceback: stack }))
    return this.#app.signals.taskFailure.send({ task, exception }, this.#logger, task.name)
  }

  #tellRevoked({ task, signum }: Ended, how: { terminated: boolean; expired: boolean }): Promise<void> {
    const fields = { ...how, signum: how.terminated ? (signum ?? null) : null }
    this.#send('task-revoked', task, fields)
    return this.#app.signals.taskRevoked.send({ task, ...fields }, this.#logger, task.name)
  }

  #notify(type: string, task: ReportedTask, fields: EventFields = {}): void {
    for (const listener of this.#listeners) listener({ type, task, fields })
  }

  #send(type: string, task: ReportedTask, fields: EventFields = {}): void {
    this.#notify(type, task, fields)
    const { id: uuid, name } = task
    if (!this.#events.wants('task')) return
    if (this.#app.tasks.get(name).options.sendEvents ?? true) this.#events.send(type, { uuid, ...fields })
  }
}

const errorFields = (error: ThrownError) => ({ exception: reprError(error), traceback: error.traceback })

function toError({ name, message, traceback }: ThrownError): Error {
  const error = new Error(message)
  error.name = name
  error.stack = traceback
  return error
}
