import { AsyncLocalStorage } from 'node:async_hooks'
import type { ResultTuple } from '../backends/base.ts'
import type { BoundTask } from './bound-task.ts'
import type { Context } from './context.ts'

/** The task that runs here and now, wherever in it somebody asks: what it sends is its child, of the same root. */
export interface CurrentTask {
  readonly request: Context
  /** Itself, from the moment its own code runs. */
  readonly self?: BoundTask
}

const storage = new AsyncLocalStorage<CurrentTask>()

export function runAs<T>(task: CurrentTask, work: () => T): T {
  return storage.run(task, work)
}

/** Runs the task's own code. */
export function runBound<T>(self: BoundTask, work: () => T): T {
  return runAs({ request: self.request, self }, work)
}

export function currentTask(): CurrentTask | undefined {
  return storage.getStore()
}

/** Keeps a result among the children of the task that runs, if one does. */
export function recordChild(result: ResultTuple): void {
  storage.getStore()?.request.children.push(result)
}
