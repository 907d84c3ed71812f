/**
 * Code of a program around what its app does. Where nothing is in use, nothing is called: the work itself runs.
 * What is in use first is outermost.
 */
import type { Message } from '@voice-pocket/kombu'
import type { Context } from './context.ts'
import type { TaskCall } from './protocol.ts'
import type { Outcome } from './trace.ts'

/** Calls `next`, once, and gives back what comes of it; what it throws itself counts as thrown by the work. */
export type Middleware<Subject, Result> = (subject: Subject, next: () => Promise<Result>) => Promise<Result>

/** A task message on its way to the broker. */
export interface Publication {
  readonly call: TaskCall
  /** As they are sent: what is added here travels with the message. */
  readonly headers: Record<string, unknown>
  readonly exchange: string
  readonly routingKey: string
  /** Which queue was meant; null where an exchange was named. */
  readonly queue: string | null
}

export class MiddlewareChain<Subject, Result> {
  readonly #members: Middleware<Subject, Result>[] = []

  /** How many are in use. */
  get size(): number {
    return this.#members.length
  }

  /** Returns the function that takes it out of use again. */
  use(middleware: Middleware<Subject, Result>): () => void {
    this.#members.push(middleware)
    return () => {
      const position = this.#members.indexOf(middleware)
      if (position !== -1) this.#members.splice(position, 1)
    }
  }

  around(subject: Subject, work: () => Promise<Result>): Promise<Result> {
    const wrapped = this.#members.reduceRight<() => Promise<Result>>(
      (next, middleware) => () => middleware(subject, next),
      work,
    )
    return wrapped()
  }
}

/** One app's, by what they are around. */
export class AppMiddleware {
  /** The sending of a task, in whatever process sends it; its tries again included. */
  readonly publish = new MiddlewareChain<Publication, void>()
  /** The run of a task in the process that runs it, from STARTED until its result and what comes after it are told. */
  readonly run = new MiddlewareChain<Context, Outcome>()
  /** The handling of a message that is none of Celery's, by a `messageStep`: until it is known how it ends. */
  readonly message = new MiddlewareChain<Message, void>()
}
