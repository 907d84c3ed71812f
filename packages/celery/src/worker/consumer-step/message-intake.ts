/**
 * One foreign message in a worker's hands, from received to settled. The only file that acknowledges them:
 *
 *   the handler resolves           acknowledged (before it begins, without acksLate)
 *   MalformedMessageError, Reject  told (`onReject`), then the dead letters with the reason, then acknowledged
 *   any other error, a time limit  after a pause back to its queue; the last of `maxTries` to the dead letters
 *   the worker ends before that    back to its queue at once
 *   the connection is lost         nothing: the broker delivers it again
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type DeadLetters, type Message, SerializationError } from '@voice-pocket/kombu'
import type { MiddlewareChain } from '../../app/middleware.ts'
import { MalformedMessageError, Reject } from '../../exceptions.ts'
import type { Logger } from '../../logger.ts'
import type { Prepared } from './handlers.ts'
import type { MessagePlan } from './options.ts'
import type { MessageReporter } from './report.ts'
import { GivenUp, RunningHandlers } from './running-handlers.ts'
import type { Tries } from './tries.ts'

export interface MessageIntakeParts {
  readonly plan: MessagePlan
  readonly tries: Tries
  readonly reporter: MessageReporter
  readonly deadLetters: Pick<DeadLetters, 'put'>
  readonly logger: Logger
  readonly around: MiddlewareChain<Message, void>
}

type End =
  | { readonly kind: 'handled'; readonly runtime: number }
  | { readonly kind: 'malformed'; readonly error: MalformedMessageError }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'given up'; readonly error: GivenUp }

/** How far one message came. */
interface Course {
  readonly message: Message
  /** Once it is known. */
  type?: string
}

export class MessageIntake {
  readonly #parts: MessageIntakeParts
  readonly #running: RunningHandlers
  readonly #quiet = new AbortController()

  constructor(parts: MessageIntakeParts) {
    this.#parts = parts
    this.#running = new RunningHandlers(parts.plan.concurrency, parts.plan.timeLimit)
  }

  /** Resolves when the message is settled, or never will be here. Never rejects. */
  async onMessage(message: Message): Promise<void> {
    const course: Course = { message }
    try {
      await this.#parts.reporter.received(message)
      await this.#settle(course, await this.#handle(course))
    } catch (error) {
      await this.#giveBack(course, error).catch((cause: unknown) => this.#abandon(message, cause))
    }
  }

  /** Begins nothing more, and ends the pauses: what waits goes back to its queue, for another worker. */
  quiet(): void {
    this.#quiet.abort()
    this.#running.quiet()
  }

  /** Waits for no handler any more. */
  giveUp(why: string): void {
    this.quiet()
    this.#running.giveUp(why)
  }

  async #handle(course: Course): Promise<End> {
    const { plan, around } = this.#parts
    const { message } = course
    try {
      return await this.#running.run(async (signal) => {
        let start = 0
        await around.around(message, async () => {
          const prepared = await this.#prepare(course)
          signal.throwIfAborted()
          if (!plan.acksLate) await message.ack()
          start = performance.now()
          await prepared.run({ message, signal, type: prepared.type })
        })
        return { kind: 'handled', runtime: (performance.now() - start) / 1000 }
      })
    } catch (error) {
      return endOf(error)
    }
  }

  async #prepare(course: Course): Promise<Prepared> {
    const { plan } = this.#parts
    const body = await plan.read(course.message, plan.maxBodyBytes)
    const prepared = await plan.messages.prepare(body, course.message)
    course.type = prepared.type
    return prepared
  }

  async #settle(course: Course, end: End): Promise<void> {
    const { tries, reporter } = this.#parts
    const { message } = course
    switch (end.kind) {
      case 'handled':
        await reporter.handled(message, course.type as string, end.runtime)
        if (!message.acknowledged) await message.ack()
        return tries.forget(message)
      case 'malformed':
        return this.#bury(course, end.error)
      case 'failed':
        return this.#failed(course, end.error)
      case 'given up':
        // Acknowledged early, nobody would deliver it again.
        if (message.acknowledged) return this.#bury(course, asMalformed('given_up', end.error))
        if (!message.channel.isOpen) return this.#abandon(message, end.error)
        await reporter.requeued(message, course.type, end.error, 0)
        return message.requeue()
    }
  }

  async #failed(course: Course, error: unknown): Promise<void> {
    const { plan, tries } = this.#parts
    if (!course.message.acknowledged) {
      if (error instanceof Reject && error.requeue) return this.#giveBack(course, error)
      const failures = tries.count(course.message)
      if (failures < plan.maxTries) return this.#giveBack(course, error, failures)
    }
    tries.forget(course.message)
    await this.#bury(course, asMalformed('failed', error))
  }

  /** The sender is told first: if the process dies in between it is told again, whereas afterwards nobody would. */
  async #bury(course: Course, error: MalformedMessageError): Promise<void> {
    const { plan, deadLetters, reporter } = this.#parts
    const { message, type } = course
    await plan.onReject(error, message)
    await reporter.rejected(message, type, error)
    const notes = { 'x-dead-letter-step': plan.name, 'x-dead-letter-code': error.reason }
    await deadLetters.put(message, `${error.reason}: ${error.message}`, notes)
  }

  async #giveBack(course: Course, error: unknown, failures?: number): Promise<void> {
    const { plan, tries, reporter } = this.#parts
    const { message, type } = course
    if (message.acknowledged || !message.channel.isOpen) return this.#abandon(message, error)
    const times = failures ?? tries.count(message)
    const pauseMs = Math.min(plan.firstPauseMs * 2 ** (times - 1), plan.longestPauseMs)
    await reporter.requeued(message, type, error, pauseMs)
    await this.#pause(pauseMs)
    if (message.channel.isOpen) await message.requeue()
  }

  /** There is nothing to settle with any more. */
  #abandon(message: Message, error: unknown): void {
    const { logger, plan } = this.#parts
    const { queue } = message.deliveryInfo
    const isLost = message.acknowledged && !plan.acksLate
    if (isLost)
      logger.error({ err: error }, `A message of ${queue} was neither handled nor put aside: it is lost`)
    else logger.warn({ err: error }, `A message of ${queue} was not settled: the broker delivers it again`)
  }

  async #pause(pauseMs: number): Promise<void> {
    const { signal } = this.#quiet
    try {
      await delay(pauseMs, undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

function endOf(error: unknown): End {
  if (error instanceof GivenUp) return { kind: 'given up', error }
  if (error instanceof MalformedMessageError) return { kind: 'malformed', error }
  if (error instanceof SerializationError)
    return { kind: 'malformed', error: asMalformed('undecodable', error) }
  if (error instanceof Reject && !error.requeue)
    return { kind: 'malformed', error: asMalformed('rejected', error.reason) }
  return { kind: 'failed', error }
}

function asMalformed(reason: string, cause: unknown): MalformedMessageError {
  const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new MalformedMessageError(reason, detail, { cause })
}
