/**
 * One task message in a worker's hands, from received to settled. The only file that acknowledges task messages:
 *
 *   early (the default)  acknowledged when its task begins
 *   acksLate             acknowledged when its task has ended, see `settlement`
 */
import { constants } from 'node:os'
import { type DeadLetters, type Message, OperationalError } from '@voice-pocket/kombu'
import type { Celery } from '../app/celery.ts'
import { readTask, type TaskHead, type TaskWire } from '../app/protocol.ts'
import { timeLimitsOf } from '../app/time-limits.ts'
import type { Pool } from '../concurrency/base.ts'
import { Terminated, TimeLimitExceeded, WorkerLostError } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import { affinityOf } from './affinity.ts'
import type { Ended, ReportedTask, Reporter } from './report.ts'
import { type End, reasonOf, settlement } from './settlement.ts'
import type { WorkerState } from './state.ts'

export interface RequestParts {
  readonly app: Celery
  readonly pool: Pool
  readonly state: WorkerState
  readonly deadLetters: DeadLetters
  readonly reporter: Reporter
  readonly logger: Logger
  readonly hostname: string
}

export class Request implements ReportedTask {
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
  /** How its child was ended, where one was. */
  #signal: NodeJS.Signals | undefined
  /** It is being reported and settled. */
  #hasEnded = false
  /** The connection was lost, and it was not to go on. */
  #isGivenUp = false
  /** It began without the broker hearing of it. */
  #owesAck = false

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

  get title(): string {
    return this.head.shadow ?? this.name
  }

  /** What it was stamped with, by header. */
  get stamps(): Readonly<Record<string, unknown>> {
    const { stamps } = this.#message.headers
    return typeof stamps === 'object' && stamps !== null ? { ...stamps } : {}
  }

  get queue(): string {
    return this.#message.deliveryInfo.queue
  }

  get keepsResult(): boolean {
    const { app } = this.#parts
    if (this.#message.headers.ignore_result === true) return false
    return !(app.tasks.get(this.name).options.ignoreResult ?? app.conf.taskIgnoreResult)
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
      await this.#parts.reporter.ended(this.#ended, end)
      await this.#settleOrOwe(end)
      if (!('again' in end && end.again)) state.forgetLosses(this.id)
    } finally {
      state.release(this)
    }
  }

  /** Ends without running, because it was revoked or expired before it began. */
  async discard(reason: 'revoked' | 'expired'): Promise<void> {
    await this.#parts.reporter.discarded(this.#ended, reason)
    await this.#message.ack()
  }

  /** Ends without running, because its task has succeeded already: somebody else ran it and could not say so. */
  async discardDone(): Promise<void> {
    this.#parts.logger.info(`Task ${this.name}[${this.id}] succeeded before; its message is acknowledged`)
    await this.#message.ack()
  }

  /** Keeps its task from running; one that runs already goes on, unless it is to be terminated. */
  revoke({ terminate, signal }: { terminate: boolean; signal: NodeJS.Signals }): boolean {
    if (this.timeStart !== undefined && !terminate) return false
    this.#isCancelled = true
    this.#signal = signal
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
    this.#owesAck = false
    if (this.timeStart !== undefined && !this.acksLate) this.#ackEarly() // the first one did not arrive
    return true
  }

  /** Ends it here, because the connection is lost: its message comes again, to whichever worker, and begins anew. */
  giveUp(): void {
    this.#hasEnded = true
    this.#isGivenUp = true
    this.#parts.pool.cancel(this.id, 'SIGTERM')
  }

  async #execute(): Promise<End> {
    const { app, pool, state, reporter } = this.#parts
    const limits = timeLimitsOf(
      this.head.timelimit,
      state.limitsOf(this.name, app.tasks.get(this.name).options),
      app.conf,
    )
    try {
      const affinity = affinityOf(this, this.#parts)
      const job = { id: this.id, wire: this.#wire, limits, ...(affinity.length > 0 && { affinity }) }
      const outcome = await pool.run(job, ({ pid }) => {
        this.timeStart = Date.now()
        this.workerPid = pid
        state.begin(this)
        if (!this.acksLate) this.#ackEarly()
        reporter.started(this)
      })
      return this.#isGivenUp && outcome.kind !== 'success' ? { kind: 'given-up' } : outcome
    } catch (error) {
      return this.#endOf(error as Error)
    }
  }

  #endOf(error: Error): End {
    if (this.#isCancelled) return { kind: 'cancelled' }
    if (this.#isGivenUp) return { kind: 'given-up' }
    const { app } = this.#parts
    if (error instanceof TimeLimitExceeded) {
      const mayRepeat = this.acksLate && !this.#acksOnFailureOrTimeout
      return { kind: 'timed-out', error, again: mayRepeat && this.#mayComeAgain() }
    }
    if (error instanceof Terminated) return { kind: 'abandoned', error, again: true }
    if (!(error instanceof WorkerLostError)) return { kind: 'abandoned', error, again: this.#mayComeAgain() }
    const wanted = app.tasks.get(this.name).options.rejectOnWorkerLost ?? app.conf.taskRejectOnWorkerLost
    const mayRepeat = this.timeStart === undefined || (this.acksLate && wanted)
    return { kind: 'lost', error, again: mayRepeat && this.#mayComeAgain() }
  }

  /**
   * Counts this delivery among those that came to nothing: here, and where the queue counts them (RabbitMQ's quorum
   * queues do) also with other workers.
   */
  #mayComeAgain(): boolean {
    const { app, state } = this.#parts
    const elsewhere = Number(this.#message.headers['x-delivery-count'] ?? 0) + 1
    return Math.max(state.countLoss(this.id), elsewhere) < app.conf.workerMaxDeliveries
  }

  get #acksOnFailureOrTimeout(): boolean {
    const { app } = this.#parts
    return app.tasks.get(this.name).options.acksOnFailureOrTimeout ?? app.conf.taskAcksOnFailureOrTimeout
  }

  #ackEarly(): void {
    this.#message.ack().catch((error: unknown) => {
      const { logger } = this.#parts
      this.#owesAck = true
      logger.warn(
        { err: error, task: this.name, id: this.id },
        'A task began whose message could not be acknowledged',
      )
    })
  }

  get #ended(): Ended {
    const { head, timeStart, acknowledged: isAcknowledged } = this
    return {
      task: this,
      unrun: { head, wire: this.#wire },
      hasBegun: timeStart !== undefined,
      isAcknowledged,
      signum: this.#signal && constants.signals[this.#signal],
    }
  }

  /** A delivery tag dies with its connection: then the message is settled when it comes again (`redelivery.ts`). */
  async #settleOrOwe(end: End): Promise<void> {
    const { state, logger } = this.#parts
    if (this.#owesAck) return state.owed.add(this.head, 'ack')
    try {
      await this.#settle(end)
    } catch (error) {
      const wanted = settlement(end, this.#acksOnFailureOrTimeout)
      if (!(error instanceof OperationalError) || (wanted !== 'ack' && wanted !== 'reject')) throw error
      if (!this.#isGivenUp) state.owed.add(this.head, wanted)
      logger.warn(
        `Task ${this.name}[${this.id}] ended while the connection was lost: ` +
          'its message is settled when it comes here again, and run again when it comes to another worker',
      )
    }
  }

  async #settle(end: End): Promise<void> {
    if (end.kind === 'reject' && this.acknowledged) return // acknowledged early: there is nothing to reject
    if (end.kind !== 'undecodable' && this.acknowledged) return
    // Its result cannot be stored, say: whatever is away may be back in a moment, but not at once.
    if (end.kind === 'abandoned' && end.again && !(end.error instanceof Terminated)) throw end.error
    const { deadLetters } = this.#parts
    switch (settlement(end, this.#acksOnFailureOrTimeout)) {
      case 'none':
        return
      case 'ack':
        return this.#message.ack()
      case 'reject':
        return this.#message.reject()
      case 'requeue':
        return this.#message.requeue()
      case 'dead-letter':
        return deadLetters.put(this.#message, reasonOf(end))
    }
  }
}

/** The message as it crosses to the process that runs its task. */
export function toWire(message: Message, hostname: string): TaskWire {
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
