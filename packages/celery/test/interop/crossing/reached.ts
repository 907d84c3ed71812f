import type { AsyncResult, State, TaskMeta } from '../../../src/index.ts'

/** The record as soon as a task is in that state; it is not to end before. */
export async function reached(result: AsyncResult, state: State): Promise<TaskMeta> {
  let last: TaskMeta | undefined
  for await (last of result.watch()) if (last.status === state) return last
  throw new Error(`Task ${result.id} was never ${state}; it ended as ${last?.status}.`)
}
