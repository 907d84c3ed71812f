import { Chunks, map, starmap } from '../canvas/chunks.ts'
import type { AnySignature, Missing, Suitable } from '../canvas/fitting.ts'
import { Signature, toOptions } from '../canvas/signature.ts'
import { describe } from '../describe.ts'
import { MaxRetriesExceededError, Retry } from '../exceptions.ts'
import type { AnyResult, AsyncResult } from '../result.ts'
import type { State } from '../states.ts'
import { type AutoretryOptions, autoretryDelay, type ErrorClass, wantsAutoretry } from './autoretry.ts'
import { runBound, type TaskHooks } from './base-task.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'
import { bindArguments, type Parameters, parametersOf } from './parameters.ts'
import { addToChord, replaceWith } from './replacement.ts'
import { checkTimeLimits, unwrapSoftTimeLimit } from './time-limits.ts'
import { type ArgumentSchema, checkArguments } from './typing.ts'

/** Options of a task; what is left out comes from the app's settings (`taskAcksLate` …). */
export interface TaskOptions extends AutoretryOptions {
  /** Acknowledge after the task ran instead of before. */
  readonly acksLate?: boolean
  /** With `acksLate`: a task that failed is acknowledged. */
  readonly acksOnFailureOrTimeout?: boolean
  /** With `acksLate`: deliver the message again when the child that ran it died. */
  readonly rejectOnWorkerLost?: boolean
  readonly ignoreResult?: boolean
  readonly storeErrorsEvenIfIgnored?: boolean
  /** Whether workers send events of it (the default). */
  readonly sendEvents?: boolean
  /** Store STARTED when it begins. */
  readonly trackStarted?: boolean
  /** `null` means without end. */
  readonly maxRetries?: number | null
  /** Seconds. */
  readonly defaultRetryDelay?: number
  readonly queue?: string
  readonly priority?: number
  readonly serializer?: string
  readonly compression?: string
  /** Seconds after sending, or the moment, after which it need not run. */
  readonly expires?: number | Date
  /** How often one worker begins it: a number per second, or like `10/s`, `100/m`, `5/h`. */
  readonly rateLimit?: string | number
  /**
   * Seconds after which it fails with TimeLimitExceeded, and the child or thread that runs it is ended. The pools
   * `async` and `solo` cannot end it: it runs on, unless it listens to `request.signal`, and nothing comes of it.
   */
  readonly timeLimit?: number
  /** Seconds after which `request.signal` aborts with SoftTimeLimitExceeded, which the task may catch. */
  readonly softTimeLimit?: number
  /** Errors that are expected: logged without a traceback. */
  readonly throws?: readonly ErrorClass[]
  /** A schema of the list of arguments: asked before sending, and again before running. */
  readonly typing?: ArgumentSchema
}

/** How one call is sent. */
export interface CallOptions<Args extends readonly unknown[] = readonly unknown[]> {
  readonly args?: Args
  readonly kwargs?: Readonly<Record<string, unknown>>
  /** Seconds from now before which it does not run. */
  readonly countdown?: number
  /** A text is a time in ISO 8601. */
  readonly eta?: Date | string
  /** Seconds from now, or the moment, after which it is REVOKED instead of run. */
  readonly expires?: number | Date | string
  readonly taskId?: string
  readonly queue?: string
  readonly exchange?: string
  readonly routingKey?: string
  readonly priority?: number
  readonly serializer?: string
  readonly compression?: string
  /** Headers of your own; a task finds them in `request.headers`. */
  readonly headers?: Readonly<Record<string, unknown>>
  readonly shadow?: string
  /**
   * Of several calls of the task with one key within `uniqueFor`, only the first is sent; the others get its result.
   * It needs a result backend with keys (Redis, SQLite, memory).
   */
  readonly uniqueKey?: string
  /** Seconds; needed with `uniqueKey`. */
  readonly uniqueFor?: number
  readonly ignoreResult?: boolean
  readonly rootId?: string
  readonly parentId?: string
  readonly retries?: number
  /** Without a connection: keep trying (the default) or reject at once. */
  readonly retry?: boolean
  /** Seconds; over the limits of the task. */
  readonly timeLimit?: number
  readonly softTimeLimit?: number
  /** Called with its value. */
  readonly link?: AnySignature | readonly AnySignature[]
  /** Called with the id of the task, when it fails. */
  readonly linkError?: AnySignature | readonly AnySignature[]
  /** What comes after it, the next one last. */
  readonly chain?: readonly AnySignature[]
  /** The body of the chord that it is a part of. */
  readonly chord?: AnySignature
  readonly groupId?: string
  readonly groupIndex?: number
  /** Queue of the client that waits for an RPC result. */
  readonly replyTo?: string
  readonly replacedTaskNesting?: number
  /** Headers that everything it starts has as well. */
  readonly stamps?: Readonly<Record<string, unknown>>
  /** Whether a task that sends it has it among its children (the default). */
  readonly addToParent?: boolean
}

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

// biome-ignore lint/suspicious/noExplicitAny: the one place where tasks of all types meet
export type AnyTask = Task<any, any>

/** A function with a name, which workers can be asked to run. Made by `app.task`. */
export class Task<Args extends readonly unknown[] = readonly unknown[], Result = unknown> {
  readonly app: Celery
  readonly name: string
  readonly options: TaskOptions
  readonly #body: TaskBody<Args, Result>
  readonly #parameters: Parameters

  constructor(app: Celery, name: string, body: TaskBody<Args, Result>, options: TaskOptions) {
    this.app = app
    checkTimeLimits(options, `task ${name}`)
    this.name = name
    this.options = Object.freeze({ ...options })
    this.#body = body
    this.#parameters = body.parameters ?? parametersOf(body.fn, body.bind ? 1 : 0)
  }

  /** Sends a call with these arguments. Resolves when the broker has it. */
  delay(...args: Args): Promise<AsyncResult<Result>> {
    return this.applyAsync({ args })
  }

  /** Sends a call. Resolves when the broker has it. */
  async applyAsync(options: CallOptions<Args> = {}): Promise<AsyncResult<Result>> {
    if (this.options.typing) await this.#bind(options.args ?? [], options.kwargs ?? {})
    return this.app.sendTask<Result>(this.name, { ...this.#callDefaults(), ...options })
  }

  /** A call of it for later, with its last arguments: those that come then are put before them. */
  s<const Given extends readonly unknown[]>(
    ...given: Given & Suitable<Args, Given>
  ): Signature<Missing<Args, Given>, Result> {
    return this.signature({ args: given })
  }

  /** `s` that takes no arguments from the task before it. */
  si(...args: Args): Signature<readonly unknown[], Result> {
    const signature: Signature<readonly unknown[], Result> = this.signature({ args })
    signature.setImmutable(true)
    return signature
  }

  /** A call of it for later, with everything that `applyAsync` takes. */
  // biome-ignore lint/suspicious/noExplicitAny: which arguments are missing, the compiler cannot tell here
  signature<In extends readonly unknown[] = any>({
    args = [],
    kwargs = {},
    ...options
  }: CallOptions = {}): Signature<In, Result> {
    return new Signature({ app: this.app, task: this.name, args, kwargs, options: toOptions(options) })
  }

  /** One call that runs it for each value, one after the other. */
  map(values: Iterable<Args[0]>): Signature<readonly unknown[], Result[]> {
    return map(this.signature(), values)
  }

  /** One call that runs it for each list of arguments, one after the other. */
  starmap(rows: Iterable<Args>): Signature<readonly unknown[], Result[]> {
    return starmap(this.signature(), rows)
  }

  /** Calls that each run it for so many lists of arguments. */
  chunks(rows: Iterable<Args>, size: number): Chunks<Result> {
    return new Chunks(this.signature(), rows, size)
  }

  /** Runs it here and now, for one request: what a pool calls. Arguments are bound as the function names them. */
  async run(request: Context): Promise<Result> {
    const self = new BoundTask(this, request)
    try {
      await this.#hook(self, 'beforeStart', [])
      const args = await this.#bind(request.args, request.kwargs)
      return await (this.#body.bind
        ? runBound(self, () => this.#body.fn(self as never, ...args))
        : this.#body.fn(...(args as never)))
    } catch (thrown) {
      const error = unwrapSoftTimeLimit(thrown, request.signal)
      if (!wantsAutoretry(error, this.options)) throw error
      const countdown = autoretryDelay(request.retries, this.options, Math.random())
      return self.retry({
        ...this.options.retryKwargs,
        exc: error,
        ...(countdown !== undefined && { countdown }),
      })
    }
  }

  /** Calls the function here and now, as if it were no task. */
  async call(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>> = {}): Promise<Result> {
    const bound = await this.#bind(args, kwargs)
    if (this.#body.bind) throw new TypeError(`${this.name}() is bound: it runs for a request only.`)
    return this.#body.fn(...bound)
  }

  /** Whether it can be an errback that is called at once with (request, error, traceback), as in Celery. */
  get takesError(): boolean {
    return !this.#body.bind && (this.#parameters.rest || this.#parameters.names.length > 1)
  }

  /** Tells the task's own hooks how a run ended. Never rejects: the outcome stands already. */
  async ended(request: Context, state: 'SUCCESS' | 'FAILURE' | 'RETRY', value: unknown): Promise<void> {
    const self = new BoundTask(this, request)
    try {
      await this.#hook(self, END_HOOKS[state], [value])
      await this.#hook(self, 'afterReturn', [state, value])
    } catch (error) {
      process.emitWarning(
        `A hook of task ${this.name}[${request.id}] failed: ${describe(error)}`,
        'CeleryWarning',
      )
    }
  }

  /** Whether an error is one of `throws`. */
  expects(error: unknown): boolean {
    return this.options.throws?.some((expected) => error instanceof expected) ?? false
  }

  async #bind(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): Promise<Args> {
    if (this.#body.takesKeywords) return args as Args
    const bound = bindArguments(this.name, this.#parameters, args, kwargs)
    const { typing } = this.options
    return (typing ? await checkArguments(this.name, typing, bound) : bound) as unknown as Args
  }

  async #hook(self: BoundTask, name: keyof TaskHooks, before: readonly unknown[]): Promise<void> {
    const { hooks } = this.#body
    const hook = hooks?.[name] as ((...args: readonly unknown[]) => unknown) | undefined
    const { id, args, kwargs } = self.request
    if (hook) await runBound(self, () => hook.call(hooks, ...before, id, args, kwargs))
  }

  #callDefaults(): CallOptions<Args> {
    const { queue, priority, serializer, compression, expires, ignoreResult } = this.options
    const { timeLimit, softTimeLimit } = this.options
    const defaults = {
      queue,
      priority,
      serializer,
      compression,
      expires,
      ignoreResult,
      timeLimit,
      softTimeLimit,
    }
    return Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== undefined))
  }
}

const END_HOOKS = { SUCCESS: 'onSuccess', FAILURE: 'onFailure', RETRY: 'onRetry' } as const

/** What a task is made of. */
export type TaskBody<Args extends readonly unknown[], Result> = TaskBodyOptions &
  (
    | { readonly bind: false; readonly fn: (...args: Args) => Result | Promise<Result> }
    | { readonly bind: true; readonly fn: (self: BoundTask, ...args: Args) => Result | Promise<Result> }
  )

interface TaskBodyOptions {
  /** Where `fn` only wraps what has them. */
  readonly parameters?: Parameters
  readonly hooks?: TaskHooks
  /** It reads its keyword arguments in its request. */
  readonly takesKeywords?: boolean
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
    return replaceWith(this.app, this.request, signature)
  }

  /** Sends a signature as one more part of the header of the chord that this call is a part of. */
  addToChord(signature: AnySignature): Promise<AnyResult> {
    return addToChord(this.app, this.request, signature)
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
