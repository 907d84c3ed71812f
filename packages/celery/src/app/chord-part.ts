/** The end of one call of a chord's header: whoever ends the last one sends the body, or fails it. */

import type { ChordPart } from '../backends/chords.ts'
import type { AnySignature } from '../canvas/fitting.ts'
import { CeleryError, ChordError } from '../exceptions.ts'
import { GroupResult } from '../group-result.ts'
import { PROPAGATE_STATES, type State } from '../states.ts'
import type { Celery } from './celery.ts'
import { reprValue } from './python-repr.ts'

export interface Part {
  readonly taskId: string
  readonly groupId: string | undefined
  readonly groupIndex: number | undefined
  readonly status: State
  /** Its value, or what it threw. */
  readonly result: unknown
}

/** Counts a part. When all have come, the body is sent with their values, in the order of the header. */
export async function returnPart(
  app: Celery,
  { groupId, groupIndex, ...part }: Part,
  body: AnySignature,
  failBody: (body: AnySignature, error: ChordError) => Promise<void>,
): Promise<void> {
  const { chords } = await app.backend()
  if (groupId === undefined || chords === undefined) return // celery.chord_unlock watches over it
  const parts = await chords.add({ groupId, groupIndex }, part)
  if (parts === undefined) return
  try {
    await body.send({ args: [await valuesOf(app, groupId, parts)] })
  } catch (error) {
    const chordError = error instanceof ChordError ? error : new ChordError(`Callback error: ${repr(error)}`)
    await failBody(body, chordError)
  } finally {
    await chords.close(groupId)
  }
}

/** A header whose values have a structure was saved when it was sent. */
async function valuesOf(
  app: Celery,
  groupId: string,
  parts: readonly ChordPart[],
): Promise<readonly unknown[]> {
  const failed = parts.find(({ status }) => PROPAGATE_STATES.has(status))
  if (failed) throw dependencyError(failed.taskId, failed.result)
  const header = await GroupResult.restore(groupId, app)
  if (header === undefined) return parts.map(({ result }) => result)
  try {
    return await header.get({ timeout: app.conf.resultChordJoinTimeout })
  } catch (error) {
    throw new ChordError(`Join error: ${repr(error)}`, { cause: error })
  }
}

/** Worded as Celery words it. */
export function dependencyError(taskId: string, error: unknown): ChordError {
  return new ChordError(`Dependency ${taskId} raised ${repr(error)}`, { cause: error })
}

/** An error as Python prints it. */
function repr(error: unknown): string {
  if (!(error instanceof Error)) return reprValue(error)
  const args = error instanceof CeleryError ? error.args : [error.message]
  return `${error.name}(${args.map((arg) => reprValue(arg)).join(', ')})`
}
