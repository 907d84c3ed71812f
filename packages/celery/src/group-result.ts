import { failureBefore } from './ancestors.ts'
import type { Celery } from './app/celery.ts'
import type { ResultTuple } from './backends/base.ts'
import { TimeoutError } from './exceptions.ts'
import {
  type AnyResult,
  AsyncResult,
  type Collected,
  type CollectOptions,
  collectFrom,
  type GetOptions,
  type ResultApp,
  type RevokeOptions,
} from './result.ts'

/** Several results, asked as one. */
export class ResultSet<Values extends readonly unknown[] = readonly unknown[]>
  implements Iterable<AnyResult>
{
  readonly #results: AnyResult[]

  constructor(results: Iterable<AnyResult> = []) {
    this.#results = [...results]
  }

  get results(): readonly AnyResult[] {
    return this.#results
  }

  get length(): number {
    return this.#results.length
  }

  [Symbol.iterator](): Iterator<AnyResult> {
    return this.#results.values()
  }

  /** Does nothing when it has the result already. */
  add(...results: readonly AnyResult[]): void {
    for (const result of results) if (!this.#results.includes(result)) this.#results.push(result)
  }

  /** Does nothing when it has no such result. */
  discard(result: AnyResult): void {
    const index = this.#results.indexOf(result)
    if (index !== -1) this.#results.splice(index, 1)
  }

  /** All are done, one way or the other. */
  ready(): Promise<boolean> {
    return this.#every((result) => result.ready())
  }

  async waiting(): Promise<boolean> {
    return !(await this.ready())
  }

  successful(): Promise<boolean> {
    return this.#every((result) => result.successful())
  }

  /** One of them failed. */
  async failed(): Promise<boolean> {
    return !(await this.#every(async (result) => !(await result.failed())))
  }

  /** How many have a value. */
  async completedCount(): Promise<number> {
    const done = await Promise.all(this.#results.map((result) => result.successful()))
    return done.filter(Boolean).length
  }

  /**
   * Waits for all and returns their values, in the order of the results.
   * @throws what the first one to fail threw; TimeoutError; BackendError; the signal's reason.
   */
  async get({ timeout, propagate = true, signal }: GetOptions = {}): Promise<Values> {
    const giveUp = new AbortController()
    const signals = signal === undefined ? giveUp.signal : AbortSignal.any([giveUp.signal, signal])
    const timer =
      timeout === undefined ? undefined : setTimeout(() => giveUp.abort(this.#late(timeout)), timeout * 1000)
    try {
      const options = { propagate, signal: signals }
      return (await Promise.race([
        Promise.all(this.#results.map((result) => result.get(options))),
        ...this.ends(options),
      ])) as unknown as Values
    } finally {
      clearTimeout(timer)
      giveUp.abort()
    }
  }

  /** Celery's other name of `get`. */
  join(options?: GetOptions): Promise<Values> {
    return this.get(options)
  }

  /** Each result with its value, as they come; with `propagate`, the first failure is thrown. */
  async *iterate(options: GetOptions = {}): AsyncGenerator<readonly [AnyResult, unknown], void, undefined> {
    const waiting = new Map(
      this.#results.map((result) => [
        result,
        Promise.resolve(result.get(options)).then((value) => [result, value] as const),
      ]),
    )
    for (const promise of waiting.values()) promise.catch(() => undefined) // the race below tells of the first
    while (waiting.size > 0) {
      const next = await Promise.race(waiting.values())
      waiting.delete(next[0])
      yield next
    }
  }

  async forget(): Promise<void> {
    await Promise.all(this.#results.map((result) => result.forget()))
  }

  async revoke(options: RevokeOptions = {}): Promise<void> {
    await Promise.all(this.#results.map((result) => result.revoke(options)))
  }

  /** What else may end the wait for all of them. */
  protected ends(_options: { propagate: boolean; signal: AbortSignal }): readonly Promise<never>[] {
    return []
  }

  async #every(question: (result: AnyResult) => Promise<boolean>): Promise<boolean> {
    return (await Promise.all(this.#results.map(question))).every(Boolean)
  }

  #late(seconds: number): TimeoutError {
    return new TimeoutError(
      `Not all of ${this.length} results were there after ${seconds} seconds. ` +
        'Their tasks go on without you: wait longer with a larger timeout, or ask `iterate()` for those that are done.',
    )
  }
}

/** The results of a group, under the group's id. */
export class GroupResult<Values extends readonly unknown[] = readonly unknown[]> extends ResultSet<Values> {
  readonly id: string
  /** The result of what came before it in a chain. */
  readonly parent: AnyResult | undefined
  readonly #app: ResultApp | undefined

  constructor(id: string, results: Iterable<AnyResult>, app: ResultApp | undefined, parent?: AnyResult) {
    super(results)
    this.id = id
    this.#app = app
    this.parent = parent
  }

  async children(): Promise<readonly AnyResult[]> {
    return this.results
  }

  /** It, its tasks, and everything that they started, each with its value: see `AsyncResult.collect`. */
  collect(options: CollectOptions = {}): Collected {
    return collectFrom(this as unknown as AnyResult, options)
  }

  /** Keeps the ids of its tasks in the backend, so that others find them by the group's id. */
  async save(): Promise<void> {
    const backend = await this.#app?.backend()
    await backend?.saveGroup(this.id, this.asTuple())
  }

  async delete(): Promise<void> {
    const backend = await this.#app?.backend()
    await backend?.deleteGroup(this.id)
  }

  /** What `save` kept, here or in another program; undefined when there is nothing. */
  static async restore<Values extends readonly unknown[]>(
    id: string,
    app: Celery,
  ): Promise<GroupResult<Values> | undefined> {
    const tuple = await (await app.backend()).restoreGroup(id)
    return tuple && (resultFromTuple(tuple, app) as GroupResult<Values>)
  }

  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], this.results.map((result) => result.asTuple())]
  }

  /** The ids of the group and of what came before it. */
  asList(): string[] {
    return [this.id, ...(this.parent?.asList() ?? [])]
  }

  override toString(): string {
    return this.id
  }

  protected override ends({ propagate, signal }: { propagate: boolean; signal: AbortSignal }) {
    return propagate && this.parent && this.#app ? [this.#failureBefore(this.#app, signal)] : []
  }

  async #failureBefore(app: ResultApp, signal: AbortSignal): Promise<never> {
    return failureBefore(this as unknown as AnyResult, await app.backend(), signal)
  }
}

/** The result that a tuple tells of: of a task, or of a group. `make` makes those of tasks. */
export function resultFromTuple(
  [[id, parent], members]: ResultTuple,
  app: ResultApp,
  make = (taskId: string, before: AnyResult | undefined) => new AsyncResult(taskId, app, before),
): AnyResult {
  const before = parent ? resultFromTuple(parent, app, make) : undefined
  if (members === null) return make(id, before)
  const results = members.map((member) => resultFromTuple(member, app, make))
  return new GroupResult(id, results, app, before)
}
