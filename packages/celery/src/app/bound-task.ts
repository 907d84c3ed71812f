import type { AnySignature } from '../canvas/fitting.ts'
import { MaxRetriesExceededError, Retry } from '../exceptions.ts'
import type { AnyResult } from '../result.ts'
import type { State } from '../states.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'
import { addToChord, replaceWith } from './replacement.ts'
import type { AnyTask } from './task.ts'

export interface RetryOptions {
  /** Why; thrown instead of MaxRetriesExceededError when there is no retry left. */
  readonly exc?: unknown
  /** Seconds; `defaultRetryDelay` unless given. */
  readonly countdown?: number
  readonly eta?: Date
  readonly maxRetries?: number | null
  readonly args?: readonly unknown[]
  readonly kwargs?: Readonly<Record<string, unknown>>
}

/** What a task made with `bind: true` gets as its first parameter: itself, in one request. */
export class BoundTask {
  readonly name: string
  readonly request: Context
  readonly #task: AnyTask

  constructor(task: AnyTask, request: Context) {
    this.name = task.name
    this.request = request
    this.#task = task
  }

  get app(): Celery {
    return this.#task.app
  }

  /** Stores a state of your own, such as PROGRESS, with something that describes it. */
  async updateState(state: State, meta: unknown): Promise<void> {
    const backend = await this.app.backend()
    await backend.storeResult(this.request.id, meta, state, { request: this.request })
  }

  /**
   * Sends this call again, to run later, and ends this run: it never returns, so `await` it.
   * @throws Retry, which the worker understands; when no retry is left, `exc` or MaxRetriesExceededError.
   */
  async retry({ exc, countdown, eta, maxRetries, args, kwargs }: RetryOptions = {}): Promise<never> {
    const { request } = this
    const limit = maxRetries === undefined ? this.#maxRetries : maxRetries
    if (limit !== null && request.retries >= limit) throw exc ?? this.#noRetryLeft()
    const when =
      eta ?? countdown ?? this.#task.options.defaultRetryDelay ?? this.app.conf.taskDefaultRetryDelay
    await this.app.resend(request, {
      args: args ?? request.args,
      kwargs: kwargs ?? request.kwargs,
      retries: request.retries + 1,
      eta: when instanceof Date ? when : new Date(Date.now() + when * 1000),
    })
    throw new Retry('', { exc, when })
  }

  /**
   * Lets a signature take the place of this call: who waits for this task gets its value, and what was to come after
   * this task comes after it. It never returns, so `await` it. @throws Ignore, which the worker understands.
   */
  replace(signature: AnySignature): Promise<never> {
    const onReplace = (replacement: AnySignature) => this.#task.replaced(this, replacement)
    return replaceWith(this.app, this.request, signature, onReplace)
  }

  /** Sends a signature as one more part of the header of the chord that this call is a part of. */
  addToChord(signature: AnySignature): Promise<AnyResult> {
    return addToChord(this.app, this.request, signature)
  }

  /**
   * Tells monitors something of your own, such as `task-progressed`, with the id of this call. Resolves when it was
   * sent; a broker that is away is no error.
   */
  async sendEvent(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { id: uuid, hostname } = this.request
    const speaker = this.app.events.speaker(hostname)
    speaker.send(type, { uuid, ...fields })
    await speaker.flush()
  }

  get #maxRetries(): number | null {
    const own = this.#task.options.maxRetries
    return own === undefined ? this.app.conf.taskDefaultMaxRetries : own
  }

  #noRetryLeft(): MaxRetriesExceededError {
    const { id, args, kwargs } = this.request
    return new MaxRetriesExceededError(
      `Can't retry ${this.name}[${id}]: it was tried as often as it may be.`,
      {
        taskArgs: args,
        taskKwargs: kwargs,
      },
    )
  }
}
