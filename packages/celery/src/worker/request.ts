/**
 * One task message in a worker's hands, from received to settled. The only file that acknowledges task messages:
 *
 *   early (the default)  acknowledged when its task begins
 *   acksLate             acknowledged when its task has ended, see `settlement`
 */
import type { DeadLetters, Message } from '@voice-pocket/kombu'
import type { Celery } from '../app/celery.ts'
import { readTask, type TaskHead, type TaskWire } from '../app/protocol.ts'
import { timeLimitsOf } from '../app/time-limits.ts'
import type { ThrownError } from '../app/trace.ts'
import { failUnrun, revokeUnrun, type Unrun } from '../app/unrun.ts'
import type { Pool } from '../concurrency/base.ts'
import { InvalidTaskError, Terminated, TimeLimitExceeded, WorkerLostError } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { SignalledTask } from '../signals.ts'
import { type End, settlement } from './settlement.ts'
import type { WorkerState } from './state.ts'

export interface RequestParts {
  readonly app: Celery
  readonly pool: Pool
  readonly state: WorkerState
  readonly deadLetters: DeadLetters
  readonly logger: Logger
  readonly hostname: string
}

export class Request implements SignalledTask {
  readonly id: string
  readonly name: string
  readonly head: TaskHead
  readonly acksLate: boolean
  readonly hostname: string
  /** Milliseconds since the epoch; undefined until its task begins. */
  timeStart: number | undefined
  workerPid: number | undefined
  #message: Message
  readonly #wire: TaskWire
  readonly #parts: RequestParts
  /** Somebody told it to stop. */
  #isCancelled = false
  /** It is being reported and settled. */
  #hasEnded = false

  constructor(message: Message, head: TaskHead, parts: RequestParts) {
    const { app } = parts
    this.id = head.id
    this.name = head.task
    this.head = head
    this.hostname = parts.hostname
    this.acksLate = app.tasks.get(head.task).options.acksLate ?? app.conf.taskAcksLate
    this.#message = message
    this.#wire = toWire(message, parts.hostname)
    this.#parts = parts
  }

  /** The newest delivery of it. */
  get message(): Message {
    return this.#message
  }

  get acknowledged(): boolean {
    return this.#message.acknowledged
  }

  /** Decodes the message's body. Throws what decoding throws. */
  arguments(): { args: readonly unknown[]; kwargs: Readonly<Record<string, unknown>> } {
    return readTask(this.#wire, this.#parts.app.conf.acceptContent, new AbortController().signal)
  }

  /** Runs the task and settles the message. Rejects when what came of it cannot be stored or settled. */
  async run(): Promise<void> {
    const { state } = this.#parts
    state.reserve(this)
    try {
      const end = await this.#execute()
      this.#hasEnded = true
      await this.#report(end)
      await this.#settle(end)
    } finally {
      state.release(this)
    }
  }

  /** Ends without running, because it was revoked or expired before it began. */
  async discard(reason: 'revoked' | 'expired'): Promise<void> {
    const { app, logger } = this.#parts
    await revokeUnrun(app, this.#unrun, reason)
    logger.info(`Discarding ${reason} task: ${this.name}[${this.id}]`)
    const signal = { task: this, terminated: false, expired: reason === 'expired' }
    await app.signals.taskRevoked.send(signal, logger)
    await this.#message.ack()
  }

  /** Keeps its task from running; one that runs already goes on, unless it is to be terminated. */
  revoke({ terminate, signal }: { terminate: boolean; signal: NodeJS.Signals }): boolean {
    if (this.timeStart !== undefined && !terminate) return false
    this.#isCancelled = true
    return this.#parts.pool.cancel(this.id, signal)
  }

  /**
   * The broker delivered the message once more while its task still waits or runs here (the connection was lost
   * meanwhile): this delivery takes the place of the first one, so that the task is not run twice.
   * False when the task has ended already, and its message was given back to be run again.
   */
  adopt(message: Message): boolean {
    if (this.#hasEnded) return false
    this.#message = message
    if (this.timeStart !== undefined && !this.acksLate) this.#ackEarly() // the first one did not arrive
    return true
  }

  async #execute(): Promise<End> {
    const { app, pool, state } = this.#parts
    const limits = timeLimitsOf(this.head.timelimit, app.tasks.get(this.name).options, app.conf)
    try {
      return await pool.run({ id: this.id, wire: this.#wire, limits }, ({ pid }) => {
        this.timeStart = Date.now()
        this.workerPid = pid
        state.begin(this)
        if (!this.acksLate) this.#ackEarly()
      })
    } catch (error) {
      return this.#endOf(error as Error)
    }
  }

  #endOf(error: Error): End {
    if (this.#isCancelled) return { kind: 'cancelled' }
    const { app, state } = this.#parts
    if (error instanceof TimeLimitExceeded) {
      const mayRepeat = this.acksLate && !this.#acksOnFailureOrTimeout
      const again = mayRepeat && state.countLoss(this.id) < app.conf.workerMaxDeliveries
      return { kind: 'timed-out', error, again }
    }
    if (!(error instanceof WorkerLostError)) return { kind: 'abandoned', error }
    const wanted = app.tasks.get(this.name).options.rejectOnWorkerLost ?? app.conf.taskRejectOnWorkerLost
    const mayRepeat = this.timeStart === undefined || (this.acksLate && wanted)
    const again = mayRepeat && state.countLoss(this.id) < app.conf.workerMaxDeliveries
    return { kind: 'lost', error, again }
  }

  get #acksOnFailureOrTimeout(): boolean {
    const { app } = this.#parts
    return app.tasks.get(this.name).options.acksOnFailureOrTimeout ?? app.conf.taskAcksOnFailureOrTimeout
  }

  #ackEarly(): void {
    this.#message.ack().catch((error: unknown) => {
      const { logger } = this.#parts
      logger.warn(
        { err: error, task: this.name, id: this.id },
        'A task began whose message could not be acknowledged',
      )
    })
  }

  /** Says how it ended: in the log, to the signals' receivers, and in the result where no child could. */
  async #report(end: End): Promise<void> {
    const { app, state, logger } = this.#parts
    const title = `Task ${this.name}[${this.id}]`
    if (!('again' in end && end.again)) state.forgetLosses(this.id)
    switch (end.kind) {
      case 'success':
        logger.info(`${title} succeeded in ${end.runtime.toFixed(3)}s: ${end.repr.slice(0, 200)}`)
        return app.signals.taskSuccess.send({ task: this, runtime: end.runtime }, logger)
      case 'failure':
        if (end.expected) logger.info(`${title} raised expected: ${end.error.name}: ${end.error.message}`)
        else logger.error(`${title} raised unexpected: ${end.error.traceback}`)
        return app.signals.taskFailure.send({ task: this, exception: toError(end.error) }, logger)
      case 'retry':
        return logger.info(`${title} retry: ${end.error.name}: ${end.error.message}`)
      case 'reject':
        return logger.warn(`${title} rejected${end.requeue ? ', back to its queue' : ''}: ${end.reason}`)
      case 'ignore':
        return logger.info(`${title} ignored`)
      case 'cancelled':
        return this.#reportTerminated(title)
      case 'lost':
        return this.#reportLost(title, end)
      case 'timed-out':
        return this.#reportTimedOut(title, end)
      case 'abandoned':
        return this.#reportAbandoned(title, end.error)
      case 'undecodable':
        return this.#reportUndecodable(title, end.reason)
    }
  }

  async #reportUndecodable(title: string, reason: string): Promise<void> {
    const { app, logger } = this.#parts
    logger.error(`${title} goes to the dead letters: ${reason}`)
    const exception = new InvalidTaskError(reason)
    await this.#fail(exception)
    await app.signals.taskFailure.send({ task: this, exception }, logger)
  }

  async #reportTerminated(title: string): Promise<void> {
    const { app, logger } = this.#parts
    const terminated = this.timeStart !== undefined
    const reason = terminated ? 'terminated' : 'revoked'
    await revokeUnrun(app, this.#unrun, reason)
    logger.info(`${title} ${reason}`)
    await app.signals.taskRevoked.send({ task: this, terminated, expired: false }, logger)
  }

  async #reportLost(title: string, { error, again }: Extract<End, { kind: 'lost' }>): Promise<void> {
    const { app, logger } = this.#parts
    if (again) return logger.error(`${title} lost its child; it will be delivered again: ${error.message}`)
    logger.error(`${title} lost its child: ${error.message}`)
    await this.#fail(error)
    await app.signals.taskFailure.send({ task: this, exception: error }, logger)
  }

  async #reportTimedOut(title: string, { error, again }: Extract<End, { kind: 'timed-out' }>): Promise<void> {
    const { app, logger } = this.#parts
    const fate = again ? '; it will be delivered again' : ''
    logger.error(`${title}: hard time limit (${error.seconds}s) exceeded${fate}`)
    await this.#fail(error)
    await app.signals.taskFailure.send({ task: this, exception: error }, logger)
  }

  /** A message not yet acknowledged goes back to the broker; of one that was, only a FAILURE can tell. */
  async #reportAbandoned(title: string, error: Error): Promise<void> {
    const { app, logger } = this.#parts
    if (!this.acknowledged) return logger.warn(`${title} goes back to its queue: ${error.message}`)
    logger.error(`${title} was given up: ${error.message}`)
    const exception = error instanceof Terminated ? new WorkerLostError(error.message) : error
    await this.#fail(exception)
    await app.signals.taskFailure.send({ task: this, exception }, logger)
  }

  get #unrun(): Unrun {
    return { head: this.head, wire: this.#wire }
  }

  async #fail(error: Error): Promise<void> {
    await failUnrun(this.#parts.app, this.#unrun, error)
  }

  async #settle(end: End): Promise<void> {
    if (end.kind === 'reject' && this.acknowledged) return // acknowledged early: there is nothing to reject
    if (end.kind !== 'undecodable' && this.acknowledged) return
    const { deadLetters } = this.#parts
    switch (settlement(end, this.#acksOnFailureOrTimeout)) {
      case 'ack':
        return this.#message.ack()
      case 'reject':
        return this.#message.reject()
      case 'requeue':
        return this.#message.requeue()
      case 'dead-letter':
        return deadLetters.put(this.#message, (end as Extract<End, { kind: 'undecodable' }>).reason)
    }
  }
}

function toWire(message: Message, hostname: string): TaskWire {
  const { body, headers, properties, contentType, contentEncoding, deliveryInfo } = message
  return {
    payload: { body, headers, properties, contentType, contentEncoding },
    deliveryInfo: {
      exchange: deliveryInfo.exchange,
      routingKey: deliveryInfo.routingKey,
      priority: properties.priority ?? 0,
      redelivered: deliveryInfo.redelivered,
    },
    hostname,
  }
}

function toError({ name, message, traceback }: ThrownError): Error {
  const error = new Error(message)
  error.name = name
  error.stack = traceback
  return error
}
