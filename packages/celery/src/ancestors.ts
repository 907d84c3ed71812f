import type { Backend } from './backends/base.ts'
import type { AnyResult } from './result.ts'
import { PROPAGATE_STATES } from './states.ts'

/**
 * What came before in a chain may have failed, so that nothing is ever stored for what was to come after: a task
 * that was revoked takes the rest of its chain along without a word. Rejects with that failure; resolves never.
 */
export async function failureBefore(
  result: AnyResult,
  backend: Backend,
  signal: AbortSignal,
): Promise<never> {
  return Promise.race([
    new Promise<never>(() => {}),
    ...tasksBefore(result).map((id) => failureOf(id, backend, signal)),
  ])
}

async function failureOf(taskId: string, backend: Backend, signal: AbortSignal): Promise<never> {
  const meta = await backend.waitFor(taskId, { signal })
  if (PROPAGATE_STATES.has(meta.status)) throw meta.result
  return new Promise<never>(() => {})
}

/**
 * Groups have no record of their own, and what fails in a header fails the body. Only of a chord inside of a header
 * Python's workers do not tell: such members are asked themselves.
 */
function tasksBefore({ parent }: AnyResult): readonly string[] {
  if (parent === undefined) return []
  if (!('results' in parent)) return [parent.id, ...tasksBefore(parent)]
  const chords = parent.results.filter(followsGroup)
  return [...chords.flatMap((member) => [...idOf(member), ...tasksBefore(member)]), ...tasksBefore(parent)]
}

const idOf = (result: AnyResult) => ('results' in result ? [] : [result.id])

function followsGroup({ parent }: AnyResult): boolean {
  return parent !== undefined && ('results' in parent || followsGroup(parent))
}
