/** What is known of a request, out of the records of its task and of the parts it may consist of. */
import { READY_STATES, type State } from '@voice-pocket/celery'
import { type ToldError, toldError } from './told-error.ts'

/** What the callers of HTTP and of the command line see of a request. */
export interface SpeechStatus {
  readonly uuid: string
  readonly taskId: string
  readonly state: State
  /** Sentences; absent before the first is counted. */
  readonly progress?: { readonly done: number; readonly total: number }
  /** Key of the audio in the storage, once it is there. */
  readonly key?: string
  /** The key it will have; its first parts may be there already. */
  readonly spokenKey?: string
  readonly error?: ToldError
}

/** The part of a result record that is needed here; `result` is an Error when the task failed or was revoked. */
export interface TaskRecord {
  readonly taskId: string
  readonly status: State
  readonly result: unknown
}

export function hasEnded({ state }: Pick<SpeechStatus, 'state'>): boolean {
  return READY_STATES.has(state)
}

/** `parts` is about the parts of a long speech; it is as good as nothing when there are none. */
export function statusOf(uuid: string, task: TaskRecord, parts?: TaskRecord): SpeechStatus {
  const { taskId, status: state, result } = task
  const base = { uuid, taskId, state }
  if (state === 'SUCCESS') return typeof result === 'string' ? { ...base, key: result } : base
  if (result instanceof Error) return { ...base, error: toldError(result) }
  if (state === 'PROGRESS') return { ...base, ...readProgress(result) }
  // The task itself has nothing to say while a chord is in its place.
  if (parts?.status === 'PROGRESS' && !hasEnded(base)) {
    return { ...base, state: 'PROGRESS', ...readProgress(parts.result) }
  }
  return base
}

/** The task's own meta, which the wire could have as anything. */
function readProgress(result: unknown): Pick<SpeechStatus, 'progress' | 'spokenKey'> {
  const { done, total, key } = (result ?? {}) as { done?: unknown; total?: unknown; key?: unknown }
  return {
    ...(typeof done === 'number' && typeof total === 'number' && { progress: { done, total } }),
    ...(typeof key === 'string' && { spokenKey: key }),
  }
}
