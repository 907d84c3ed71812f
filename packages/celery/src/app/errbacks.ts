import { tracebackOf } from '../backends/exception-record.ts'
import type { AnySignature } from '../canvas/fitting.ts'
import { Group } from '../canvas/group.ts'
import { describe } from '../describe.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'

/** The task that failed; all of its request where it was here. */
type Failed = Pick<Context, 'id' | 'rootId'>

/**
 * Calls errbacks in both of Celery's styles: a task of this app that takes more than one argument is called at once
 * with (request, error, traceback); every other one is sent as a task that gets the id of the one that failed.
 * Never rejects: the task's outcome is settled, and no other errback may suffer.
 */
export async function callErrbacks(
  app: Celery,
  failed: Failed,
  errbacks: readonly AnySignature[],
  error: unknown,
): Promise<void> {
  const here = errbacks.filter((errback) => isCalledHere(app, errback))
  const elsewhere = errbacks.filter((errback) => !here.includes(errback))
  for (const errback of here) {
    const call = errback.clone({ args: [failed, error, tracebackOf(error)] })
    await warnOfFailure(errback, () => app.tasks.get(call.task).call(call.args, call.kwargs))
  }
  if (elsewhere.length === 0) return
  const call = { args: [failed.id], parentId: failed.id, rootId: failed.rootId }
  await warnOfFailure(elsewhere.join(', '), () => new Group(elsewhere).send(call))
}

function isCalledHere(app: Celery, { kind, task }: AnySignature): boolean {
  return kind === null && app.tasks.has(task) && app.tasks.get(task).takesError
}

async function warnOfFailure(what: unknown, call: () => Promise<unknown>): Promise<void> {
  try {
    await call()
  } catch (error) {
    process.emitWarning(`The errback ${what} failed: ${describe(error)}`, 'CeleryWarning')
  }
}
