import type { ResultTuple } from '../backends/base.ts'
import { signatureFromJson } from '../canvas/from-json.ts'
import { ChordError } from '../exceptions.ts'
import { GroupResult, resultFromTuple } from '../group-result.ts'
import type { BoundTask } from './bound-task.ts'
import { dependencyError } from './chord-part.ts'
import { Continuation } from './continuation.ts'

/**
 * The task celery.chord_unlock: looks whether all of a chord's header is done, and comes back until it is; then it
 * sends the body. For result backends that cannot count.
 */
export async function unlockChord(self: BoundTask): Promise<void> {
  const { app, request } = self
  const { resultChordRetryInterval, resultChordJoinTimeout } = app.conf
  const { result, interval, max_retries: limit } = request.kwargs
  const [groupId, callback] = request.args
  const members = (result as readonly ResultTuple[]).map((tuple) => resultFromTuple(tuple, app))
  const header = new GroupResult(String(groupId), members, app)
  if (!(await header.ready())) {
    const countdown = typeof interval === 'number' ? interval : resultChordRetryInterval
    await self.retry({ countdown, maxRetries: typeof limit === 'number' ? limit : null })
  }
  const body = signatureFromJson(callback, app)
  try {
    await body.send({ args: [await valuesOf(header, resultChordJoinTimeout)] })
  } catch (error) {
    const failure = error instanceof ChordError ? error : new ChordError(`Callback error: ${error}`)
    await new Continuation(app, request).failBody(body, failure)
  }
}

async function valuesOf(header: GroupResult, timeout: number): Promise<readonly unknown[]> {
  const values: unknown[] = []
  for (const member of header) {
    try {
      values.push(await member.get({ timeout }))
    } catch (error) {
      throw dependencyError(member.id, error)
    }
  }
  return values
}
