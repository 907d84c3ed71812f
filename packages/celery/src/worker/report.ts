/**
 * What is told of a task when it has ended, seen from the worker's own process: a line in the log, the signals, and
 * the result where there is no process left that could have stored one. Telling comes before settling: after a crash
 * in between it is told again, and never not at all.
 */
import type { Celery } from '../app/celery.ts'
import type { ThrownError } from '../app/trace.ts'
import { failUnrun, revokeUnrun, type Unrun } from '../app/unrun.ts'
import { InvalidTaskError, Terminated, WorkerLostError } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { SignalledTask } from '../signals.ts'
import type { End } from './settlement.ts'

/** The ended task, as far as is told of it. */
export interface Ended {
  readonly task: SignalledTask
  readonly unrun: Unrun
  /** It had begun. */
  readonly hasBegun: boolean
  readonly isAcknowledged: boolean
}

export class Reporter {
  readonly #app: Celery
  readonly #logger: Logger

  constructor(app: Celery, logger: Logger) {
    this.#app = app
    this.#logger = logger
  }

  received({ name, id }: SignalledTask): void {
    this.#logger.info(`Task ${name}[${id}] received`)
  }

  /** It will not be run: it was revoked or has expired before it began. */
  async discarded(ended: Ended, reason: 'revoked' | 'expired'): Promise<void> {
    const { task } = ended
    await revokeUnrun(this.#app, ended.unrun, reason)
    this.#logger.info(`Discarding ${reason} task: ${task.name}[${task.id}]`)
    await this.#tellRevoked(task, { terminated: false, expired: reason === 'expired' })
  }

  async ended(ended: Ended, end: End): Promise<void> {
    const { task } = ended
    const title = `Task ${task.name}[${task.id}]`
    switch (end.kind) {
      case 'success':
        this.#logger.info(`${title} succeeded in ${end.runtime.toFixed(3)}s: ${end.repr.slice(0, 200)}`)
        return this.#app.signals.taskSuccess.send({ task, runtime: end.runtime }, this.#logger)
      case 'failure':
        if (end.expected)
          this.#logger.info(`${title} raised expected: ${end.error.name}: ${end.error.message}`)
        else this.#logger.error(`${title} raised unexpected: ${end.error.traceback}`)
        return this.#tellFailed(task, toError(end.error))
      case 'retry':
        return this.#logger.info(`${title} retry: ${end.error.name}: ${end.error.message}`)
      case 'reject':
        return this.#logger.warn(
          `${title} rejected${end.requeue ? ', back to its queue' : ''}: ${end.reason}`,
        )
      case 'ignore':
        return this.#logger.info(`${title} ignored`)
      case 'cancelled':
        return this.#cancelled(ended, title)
      case 'lost':
        return this.#lost(ended, title, end)
      case 'timed-out':
        return this.#timedOut(ended, title, end)
      case 'abandoned':
        return this.#abandoned(ended, title, end)
      case 'undecodable':
        this.#logger.error(`${title} goes to the dead letters: ${end.reason}`)
        return this.#fail(ended, new InvalidTaskError(end.reason))
    }
  }

  async #cancelled({ task, unrun, hasBegun: terminated }: Ended, title: string): Promise<void> {
    const reason = terminated ? 'terminated' : 'revoked'
    await revokeUnrun(this.#app, unrun, reason)
    this.#logger.info(`${title} ${reason}`)
    await this.#tellRevoked(task, { terminated, expired: false })
  }

  async #lost(ended: Ended, title: string, { error, again }: Extract<End, { kind: 'lost' }>): Promise<void> {
    const fate = again ? '; it will be delivered again' : ''
    this.#logger.error(`${title} lost its child${fate}: ${error.message}`)
    if (!again) await this.#fail(ended, error)
  }

  async #timedOut(
    ended: Ended,
    title: string,
    { error, again }: Extract<End, { kind: 'timed-out' }>,
  ): Promise<void> {
    const fate = again ? '; it will be delivered again' : ''
    this.#logger.error(`${title}: hard time limit (${error.seconds}s) exceeded${fate}`)
    if (!again) await this.#fail(ended, error)
  }

  /** A message not yet acknowledged goes back to the broker; of one that was, only a FAILURE can tell. */
  async #abandoned(
    ended: Ended,
    title: string,
    { error, again }: Extract<End, { kind: 'abandoned' }>,
  ): Promise<void> {
    const { isAcknowledged } = ended
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

  async #fail({ task, unrun }: Ended, error: Error): Promise<void> {
    await failUnrun(this.#app, unrun, error)
    await this.#tellFailed(task, error)
  }

  #tellFailed(task: SignalledTask, exception: Error): Promise<void> {
    return this.#app.signals.taskFailure.send({ task, exception }, this.#logger)
  }

  #tellRevoked(task: SignalledTask, how: { terminated: boolean; expired: boolean }): Promise<void> {
    return this.#app.signals.taskRevoked.send({ task, ...how }, this.#logger)
  }
}

function toError({ name, message, traceback }: ThrownError): Error {
  const error = new Error(message)
  error.name = name
  error.stack = traceback
  return error
}
