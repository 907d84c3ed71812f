import { warningLogger } from '../logger.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'
import { OUTCOME_STATES } from './outcome-states.ts'
import type { AnyTask } from './task.ts'
import type { Outcome } from './trace.ts'

/** A run of a task, as its signals tell of it. */
export interface SignalledRun {
  readonly task: AnyTask
  readonly request: Context
  /** What the task returned or threw, once it has. */
  readonly retval: unknown
  outcome(): Promise<Outcome>
}

/** Runs a task between `task_prerun` and `task_postrun`. Rejects when the run does; then nothing is told of its end. */
export async function signalled({ signals }: Celery, run: SignalledRun): Promise<Outcome> {
  const { task, request } = run
  const start = { taskId: request.id, task, args: request.args, kwargs: request.kwargs, request }
  await signals.taskPrerun.send(start, warningLogger, task.name)
  const outcome = await run.outcome()
  const end = { ...start, retval: run.retval, state: OUTCOME_STATES[outcome.kind] }
  await signals.taskPostrun.send(end, warningLogger, task.name)
  return outcome
}
