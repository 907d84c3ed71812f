import type { TaskMeta } from './backends/base.ts'
import { type AnyResult, AsyncResult, type GetOptions, type ResultApp } from './result.ts'
import { PROPAGATE_STATES, REVOKED, type State } from './states.ts'

/**
 * The result of a task that ran where it was called: what `apply` gives, and every call with `taskAlwaysEager`. It has
 * its answer with it, so that nothing is asked, waited for or kept elsewhere.
 */
export class EagerResult<Result = unknown> extends AsyncResult<Result> {
  #meta: TaskMeta

  constructor(meta: TaskMeta, app: ResultApp, parent?: AnyResult) {
    super(meta.taskId, app, parent)
    this.#meta = meta
  }

  override async get({ propagate = true }: GetOptions = {}): Promise<Result> {
    if (propagate && PROPAGATE_STATES.has(this.#meta.status)) throw this.#meta.result
    return this.#meta.result as Result
  }

  /** Always: also one that ended without a state, with Ignore. */
  override async ready(): Promise<boolean> {
    return true
  }

  override async meta(): Promise<TaskMeta> {
    return this.#meta
  }

  override async *watch(): AsyncGenerator<TaskMeta, void, undefined> {
    yield this.#meta
  }

  /** Does nothing: it is kept nowhere. */
  override async forget(): Promise<void> {}

  /** Too late to keep anything from running; it is REVOKED from now on, as in Celery. */
  override async revoke(): Promise<void> {
    const status: State = REVOKED
    this.#meta = { ...this.#meta, status }
  }
}
