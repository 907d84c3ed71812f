import type { Backend, ResultTuple, TaskMeta, WaitOptions } from './backends/base.ts'
import { FAILURE, PROPAGATE_STATES, READY_STATES, type State, SUCCESS } from './states.ts'

/** What a result needs of its app. */
export interface ResultApp {
  backend(): Promise<Backend>
  readonly control: {
    revoke(taskId: string, options?: RevokeOptions): Promise<void>
  }
}

export interface RevokeOptions {
  /** End the task also when it runs already. */
  readonly terminate?: boolean
  /** How its process is ended. */
  readonly signal?: NodeJS.Signals
}

export interface GetOptions {
  /** Seconds to wait; without it, for as long as it takes. */
  readonly timeout?: number
  /** Throw what the task threw (the default), or return it. */
  readonly propagate?: boolean
  readonly signal?: AbortSignal
}

/**
 * The result of a task that runs elsewhere, by the task's id. Every question goes to the result backend until the
 * task is done; then the answer is kept. It has no `then`, unlike Celery's: `await task.delay()` must give the result
 * object and not wait for the task.
 */
export class AsyncResult<Result = unknown> {
  readonly id: string
  /** The result of the task before it in a chain. */
  readonly parent: AsyncResult | undefined
  readonly #app: ResultApp
  #done: TaskMeta | undefined

  constructor(id: string, app: ResultApp, parent?: AsyncResult) {
    this.id = id
    this.parent = parent
    this.#app = app
  }

  /**
   * Waits for the task and returns its value.
   * @throws what the task threw; TaskRevokedError; TimeoutError; BackendError; the signal's reason.
   */
  async get({ timeout, propagate = true, signal }: GetOptions = {}): Promise<Result> {
    const meta = this.#done ?? (await this.#wait({ timeoutSeconds: timeout, signal }))
    if (propagate && PROPAGATE_STATES.has(meta.status)) throw meta.result
    return meta.result as Result
  }

  async state(): Promise<State> {
    return (await this.meta()).status
  }

  status(): Promise<State> {
    return this.state()
  }

  /** Done, one way or the other. */
  async ready(): Promise<boolean> {
    return READY_STATES.has(await this.state())
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === SUCCESS
  }

  async failed(): Promise<boolean> {
    return (await this.state()) === FAILURE
  }

  /** What is stored now: the value, the task's own words (PROGRESS), an Error, or null. */
  async info(): Promise<unknown> {
    return (await this.meta()).result
  }

  result(): Promise<unknown> {
    return this.info()
  }

  /** Where the task failed, as text. */
  async traceback(): Promise<string | null> {
    return (await this.meta()).traceback
  }

  /** ISO 8601. */
  async dateDone(): Promise<string | null> {
    return (await this.meta()).dateDone
  }

  /** Results of the tasks that this one started; those of a group are listed one by one. */
  async children(): Promise<AsyncResult[]> {
    const { children } = await this.meta()
    return children
      .flatMap((tuple) => tuple[1] ?? [tuple])
      .map((tuple) => AsyncResult.fromTuple(tuple, this.#app))
  }

  /** Everything that is stored now. */
  async meta(): Promise<TaskMeta> {
    if (this.#done) return this.#done
    const backend = await this.#app.backend()
    return this.#keep(await backend.getTaskMeta(this.id))
  }

  /** What is known now, then each change, until the task is done. */
  async *watch({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<TaskMeta, void, undefined> {
    const backend = await this.#app.backend()
    for await (const meta of backend.watch(this.id, signal)) yield this.#keep(meta)
  }

  /** Removes the result from the backend. */
  async forget(): Promise<void> {
    this.#done = undefined
    const backend = await this.#app.backend()
    await backend.forget(this.id)
  }

  /** Asks the workers not to run the task; with `terminate`, to end it when it runs. */
  revoke(options: RevokeOptions = {}): Promise<void> {
    return this.#app.control.revoke(this.id, options)
  }

  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], null]
  }

  static fromTuple<Result = unknown>([[id, parent]]: ResultTuple, app: ResultApp): AsyncResult<Result> {
    return new AsyncResult<Result>(id, app, parent ? AsyncResult.fromTuple(parent, app) : undefined)
  }

  toString(): string {
    return this.id
  }

  async #wait(options: WaitOptions): Promise<TaskMeta> {
    const backend = await this.#app.backend()
    return this.#keep(await backend.waitFor(this.id, options))
  }

  /** A ready state is kept: it is the answer from now on, also after the record has expired. */
  #keep(meta: TaskMeta): TaskMeta {
    if (READY_STATES.has(meta.status)) this.#done = meta
    return meta
  }
}
