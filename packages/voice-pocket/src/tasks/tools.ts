import type { BoundTask, State } from '@voice-pocket/celery'
import type { Engines } from '../engines/engines.ts'
import {
  EngineUnavailableError,
  RecordsUnavailableError,
  StorageError,
  StorageKeyError,
} from '../exceptions.ts'
import type { Records } from '../records.ts'
import type { PartCache } from '../speech/part-cache.ts'
import type { Storage } from '../storage/storage.ts'
import type { Lexicons } from '../text/lexicons.ts'
import type { Synths } from '../voices/synths.ts'
import type { VoiceRegistry } from '../voices/voice-registry.ts'

/** What the tasks work with; opened when the first task of a process needs it. */
export interface Tools {
  readonly engines: Engines
  readonly storage: Storage
  /** Whose voices there are, and who may speak with them. */
  readonly voices: VoiceRegistry
  readonly synths: Synths
  readonly records: Records
  readonly lexicons: Lexicons
  readonly cache: PartCache
  readonly maxTextLength: number
  /** Of a text that does not name its own; undefined goes by the script of each sentence. */
  readonly language: string | undefined
}

export type OpenTools = () => Promise<Tools>

/** A request can be cancelled while no worker is there to hear of it; its result then says so. */
export async function stateOf(self: BoundTask, taskId: string): Promise<State> {
  const backend = await self.app.backend()
  const { status } = await backend.getTaskMeta(taskId)
  return status
}

/** A disk that is full or away, or an engine, is no fault of the request: it is tried again for about ten minutes. */
export const WHEN_STORAGE_FAILS = {
  autoretryFor: [StorageError, RecordsUnavailableError, EngineUnavailableError],
  dontAutoretryFor: [StorageKeyError],
  retryBackoff: 5,
  retryBackoffMax: 120,
  maxRetries: 8,
}

export function willBeTriedAgain({ request }: BoundTask, error: Error): boolean {
  const { autoretryFor, dontAutoretryFor, maxRetries } = WHEN_STORAGE_FAILS
  const isOneOf = (classes: readonly (abstract new (...args: never[]) => Error)[]) =>
    classes.some((each) => error instanceof each)
  return request.retries < maxRetries && isOneOf(autoretryFor) && !isOneOf(dontAutoretryFor)
}
