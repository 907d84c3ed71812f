import type { AnySignature } from '../canvas/fitting.ts'
import type { AnyResult } from '../result.ts'
import type { State } from '../states.ts'
import type { BoundTask, RetryOptions } from './bound-task.ts'
import type { CallOptions } from './call.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'
import { currentTask } from './current-task.ts'
import type { TaskOptions } from './task-options.ts'

type Arguments = readonly unknown[]
type Keywords = Readonly<Record<string, unknown>>
type Hook = void | Promise<void>

/**
 * What a task may do besides running, in the process that runs it, with Celery's names and arguments. Each is
 * awaited. An error in `beforeStart` fails the task; in the others it is a warning, since the outcome is settled.
 */
export interface TaskHooks {
  beforeStart?(taskId: string, args: Arguments, kwargs: Keywords): Hook
  onSuccess?(result: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
  onFailure?(error: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
  onRetry?(error: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
  /** Before a signature is sent that takes the place of this run; an error fails the task, and nothing is sent. */
  onReplace?(signature: AnySignature): Hook
  /** In the client: how a call is to be called in logs and monitors, if not by the name of the task. */
  shadowName?(args: Arguments, kwargs: Keywords, options: CallOptions): string | null | undefined
  /** After each of the others, whatever the outcome. */
  afterReturn?(state: State, result: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
}

/**
 * A task as a class: for tasks that share code or keep something open from run to run. One instance serves every
 * run in its process, also runs side by side in the pool `async`: `request` is the run's own, fields are everybody's.
 */
export abstract class BaseTask<Args extends readonly unknown[] = readonly unknown[], Result = unknown>
  implements TaskHooks
{
  abstract readonly name: string
  readonly options: TaskOptions = {}

  abstract run(...args: Args): Result | Promise<Result>

  beforeStart?(taskId: string, args: Arguments, kwargs: Keywords): Hook
  onSuccess?(result: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
  onFailure?(error: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
  onRetry?(error: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
  afterReturn?(state: State, result: unknown, taskId: string, args: Arguments, kwargs: Keywords): Hook
  onReplace?(signature: AnySignature): Hook
  shadowName?(args: Arguments, kwargs: Keywords, options: CallOptions): string | null | undefined

  /** Of the run that asks. */
  get request(): Context {
    return this.#self.request
  }

  get app(): Celery {
    return this.#self.app
  }

  updateState(state: State, meta: unknown): Promise<void> {
    return this.#self.updateState(state, meta)
  }

  /** Never returns: `await` it. See BoundTask.retry. */
  retry(options?: RetryOptions): Promise<never> {
    return this.#self.retry(options)
  }

  /** Never returns: `await` it. See BoundTask.replace. */
  replace(signature: AnySignature): Promise<never> {
    return this.#self.replace(signature)
  }

  addToChord(signature: AnySignature): Promise<AnyResult> {
    return this.#self.addToChord(signature)
  }

  sendEvent(type: string, fields?: Keywords): Promise<void> {
    return this.#self.sendEvent(type, fields)
  }

  get #self(): BoundTask {
    const self = currentTask()?.self
    if (self) return self
    throw new Error(`Task ${this.name} is not running: its request is there only while a worker runs it.`)
  }
}
