import { failureBefore } from './ancestors.ts'
import type { Backend, ResultTuple, TaskMeta } from './backends/base.ts'
import { IncompleteStream } from './exceptions.ts'
import type { GroupResult } from './group-result.ts'
import { ALL_STATES, FAILURE, PROPAGATE_STATES, READY_STATES, type State, SUCCESS } from './states.ts'

/** The result of a task, or of a group of them. */
export type AnyResult = AsyncResult | GroupResult

/** What a result needs of its app. */
export interface ResultApp {
  backend(): Promise<Backend>
  /** The result that a tuple tells of. */
  resultFromTuple(tuple: ResultTuple): AnyResult
  readonly control: {
    revoke(taskId: string, options?: RevokeOptions): Promise<unknown>
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
  /** Throw what the task threw, or one before it in its chain (the default); or return it. */
  readonly propagate?: boolean
  readonly signal?: AbortSignal
}

export interface CollectOptions extends GetOptions {
  /** Wait for what is not done yet. */
  readonly intermediate?: boolean
}

export type Collected = AsyncGenerator<readonly [AnyResult, unknown], void, undefined>

interface Wait {
  readonly timeout: number | undefined
  readonly propagate: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * The result of a task that runs elsewhere, by the task's id. Every question goes to the result backend until the
 * task is done; then the answer is kept. It has no `then`, unlike Celery's: `await task.delay()` must give the result
 * object and not wait for the task.
 */
export class AsyncResult<Result = unknown> {
  readonly id: string
  /** The result of the task before it in a chain. */
  readonly parent: AnyResult | undefined
  /** Nobody keeps it: `get` does not wait, and gives null. So it is where the call was told to ignore its result. */
  ignored = false
  readonly #app: ResultApp
  #done: TaskMeta | undefined

  constructor(id: string, app: ResultApp, parent?: AnyResult) {
    this.id = id
    this.parent = parent
    this.#app = app
  }

  /**
   * Waits for the task and returns its value.
   * @throws what the task threw, or one before it in its chain; TaskRevokedError; TimeoutError; BackendError; the signal's reason.
   */
  async get({ timeout, propagate = true, signal }: GetOptions = {}): Promise<Result> {
    if (this.ignored) return null as Result
    const meta = this.#done ?? (await this.#wait({ timeout, propagate, signal }))
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

  /** Results of the tasks and groups that this one started. */
  async children(): Promise<readonly AnyResult[]> {
    const { children } = await this.meta()
    return children.map((tuple) => this.#app.resultFromTuple(tuple))
  }

  /**
   * It, and everything that it started and those started, each with its value, level by level.
   * @throws IncompleteStream when one is not done yet, unless `intermediate`: then the walk waits for it.
   */
  collect(options: CollectOptions = {}): Collected {
    return collectFrom(this, options)
  }

  /** The value of the last one that `collect` comes to. */
  async getLeaf(options: GetOptions = {}): Promise<unknown> {
    let leaf: unknown
    for await (const [, value] of this.collect({ ...options, intermediate: true })) leaf = value
    return leaf
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

  /**
   * What the task says of its progress, as it says it, until it is done: whatever it stores under a state of its own,
   * such as PROGRESS, with `updateState`. Only the newest word is kept: who listens slowly, or late, misses some.
   */
  async *progress<Word = unknown>(
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Word, void, undefined> {
    for await (const { status, result } of this.watch(options))
      if (!ALL_STATES.has(status)) yield result as Word
  }

  /** Removes the result from the backend. */
  async forget(): Promise<void> {
    this.#done = undefined
    const backend = await this.#app.backend()
    await backend.forget(this.id)
  }

  /** Asks the workers not to run the task; with `terminate`, to end it when it runs. */
  async revoke(options: RevokeOptions = {}): Promise<void> {
    await this.#app.control.revoke(this.id, options)
  }

  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], null]
  }

  /** Its id, and those of what came before it. */
  asList(): string[] {
    return [this.id, ...(this.parent?.asList() ?? [])]
  }

  toString(): string {
    return this.id
  }

  async #wait({ timeout, propagate, signal }: Wait): Promise<TaskMeta> {
    const backend = await this.#app.backend()
    if (!propagate || this.parent === undefined)
      return this.#keep(
        await backend.waitFor(this.id, { timeoutSeconds: timeout, ...(signal && { signal }) }),
      )
    const over = new AbortController()
    const signals = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
    const own = backend.waitFor(this.id, { timeoutSeconds: timeout, signal: signals })
    try {
      return this.#keep(await Promise.race([own, failureBefore(this, backend, signals)]))
    } finally {
      over.abort()
    }
  }

  /** A ready state is kept: it is the answer from now on, also after the record has expired. */
  #keep(meta: TaskMeta): TaskMeta {
    if (READY_STATES.has(meta.status)) this.#done = meta
    return meta
  }
}

/** The walk of `collect`, from a result on. */
export async function* collectFrom(
  first: AnyResult,
  { intermediate = false, ...options }: CollectOptions,
): Collected {
  const queue = [first]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (!intermediate && !(await next.ready())) {
      throw new IncompleteStream(
        `${next.id} is not done yet. Wait for it with get(), or collect with intermediate.`,
      )
    }
    yield [next, await next.get(options)]
    queue.push(...(await next.children()))
  }
}
