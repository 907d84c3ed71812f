import { Chunks, map, starmap } from '../canvas/chunks.ts'
import type { AnySignature, Missing, Suitable } from '../canvas/fitting.ts'
import { Signature, toOptions } from '../canvas/signature.ts'
import { describe } from '../describe.ts'
import type { AsyncResult } from '../result.ts'
import { autoretryDelay, wantsAutoretry } from './autoretry.ts'
import type { TaskHooks } from './base-task.ts'
import { BoundTask } from './bound-task.ts'
import type { CallOptions } from './call.ts'
import { withDefaultsOf } from './call-defaults.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'
import { runBound } from './current-task.ts'
import { bindArguments, type Parameters, parametersOf } from './parameters.ts'
import type { TaskOptions } from './task-options.ts'
import { checkTimeLimits, unwrapSoftTimeLimit } from './time-limits.ts'
import { checkArguments } from './typing.ts'

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
    const call = withDefaultsOf(this.options, options, this.app.conf)
    const shadow = call.shadow ?? this.#shadowOf(call)
    return this.app.sendTask<Result>(this.name, shadow ? { ...call, shadow } : call)
  }

  /** Runs a call here and now, as a worker would, and sends nothing. The result is there when this resolves. */
  async apply(options: CallOptions<Args> = {}): Promise<AsyncResult<Result>> {
    return (await this.app.eagerly(() => this.applyAsync(options))) as AsyncResult<Result>
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

  /** Tells the task's own hook what takes the place of a run. */
  async replaced(self: BoundTask, replacement: AnySignature): Promise<void> {
    await runBound(self, async () => this.#body.hooks?.onReplace?.(replacement))
  }

  /** Whether nobody keeps the result of a call with these options. */
  ignoresResult({
    ignoreResult = this.options.ignoreResult,
  }: Pick<Partial<Context>, 'ignoreResult'>): boolean {
    return ignoreResult ?? this.app.conf.taskIgnoreResult
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

  #shadowOf({ args = [] as unknown as Args, kwargs = {}, ...options }: CallOptions<Args>) {
    const { shadowName } = this.options
    return shadowName
      ? shadowName(args, kwargs, options)
      : this.#body.hooks?.shadowName?.(args, kwargs, options)
  }

  async #hook(self: BoundTask, name: keyof TaskHooks, before: readonly unknown[]): Promise<void> {
    const { hooks } = this.#body
    const hook = hooks?.[name] as ((...args: readonly unknown[]) => unknown) | undefined
    const { id, args, kwargs } = self.request
    if (hook) await runBound(self, () => hook.call(hooks, ...before, id, args, kwargs))
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
