import type { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { READY_STATES, type State } from '@voice-pocket/celery'
import {
  SpeechGoneError,
  SpeechNotFoundError,
  SpeechNotReadyError,
  StoredObjectNotFoundError,
} from './exceptions.ts'
import type { Accepted, HandlerRegistry } from './handlers.ts'
import type { SpeechRequest } from './messages.ts'
import { type EncodedSound, Encodings, type WantedEncoding } from './speech/encodings.ts'
import type { Timeline } from './speech/timeline.ts'
import type { SpeechIndex } from './speech-index.ts'
import { captionsKey } from './storage/key.ts'
import type { ByteRange, Storage } from './storage/storage.ts'

/** What the callers of HTTP and of the command line see of a request. */
export interface SpeechStatus {
  readonly uuid: string
  readonly taskId: string
  readonly state: State
  /** Sentences; absent before the first is counted. */
  readonly progress?: { readonly done: number; readonly total: number }
  /** Key of the audio in the storage, once it is there. */
  readonly key?: string
  readonly error?: { readonly title: string; readonly detail: string }
}

export interface SpeechAudio extends EncodedSound {
  read(range?: ByteRange): Promise<Readable>
}

/** The part of a result record that is needed here; `result` is an Error when the task failed or was revoked. */
export interface TaskRecord {
  readonly taskId: string
  readonly status: State
  readonly result: unknown
}

/** The part of a result backend that is needed here. */
export interface TaskResults {
  getTaskMeta(taskId: string): Promise<TaskRecord>
  watch(taskId: string, signal?: AbortSignal): AsyncIterable<TaskRecord>
}

export interface SpeechServiceParts {
  readonly registry: Pick<HandlerRegistry, 'dispatch'>
  readonly index: Pick<SpeechIndex, 'get'>
  readonly results: TaskResults
  readonly storage: Pick<Storage, 'stat' | 'read' | 'write'>
  /** Tells the workers not to run the task, and to end it when it runs. */
  revoke(taskId: string): Promise<void>
}

/**
 * The service as its callers see it, by their own uuid: ask, look, follow, fetch, cancel. HTTP and the command line
 * are thin layers over this class. A new request goes the way of every message: through the handler of its type.
 */
export class SpeechService {
  readonly #parts: SpeechServiceParts
  readonly #encodings: Encodings

  constructor(parts: SpeechServiceParts) {
    this.#parts = parts
    this.#encodings = new Encodings(parts.storage)
  }

  request(request: SpeechRequest): Promise<Accepted> {
    const { type, uuid, requestFrom, requestTo, text, options } = request
    return this.#parts.registry.dispatch({ type, uuid, requestFrom, requestTo, text, ...options })
  }

  /** Rejects SpeechNotFoundError. */
  async status(uuid: string): Promise<SpeechStatus> {
    const taskId = await this.#taskId(uuid)
    return statusOf(uuid, await this.#parts.results.getTaskMeta(taskId))
  }

  /** What is true now, then every change, until the request has ended or the signal aborts. */
  async *watch(uuid: string, signal: AbortSignal): AsyncGenerator<SpeechStatus, void, undefined> {
    yield* this.watchTask(uuid, await this.#taskId(uuid), signal)
  }

  /** The same for a task whose id is known before the index knows it. */
  async *watchTask(
    uuid: string,
    taskId: string,
    signal: AbortSignal,
  ): AsyncGenerator<SpeechStatus, void, undefined> {
    try {
      for await (const meta of this.#parts.results.watch(taskId, signal)) {
        const status = statusOf(uuid, meta)
        yield status
        if (hasEnded(status)) return
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Rejects SpeechNotFoundError, SpeechNotReadyError, or SpeechGoneError. */
  async audio(uuid: string, wanted: WantedEncoding = { format: 'wav' }): Promise<SpeechAudio> {
    const key = await this.#finishedKey(uuid)
    const encoded = await this.#encodings.find(key, wanted)
    if (!encoded) throw new SpeechGoneError(`The file ${key} was deleted; ask for it under a new uuid.`)
    return { ...encoded, read: (range) => this.#parts.storage.read(encoded.key, range) }
  }

  /** When which word of the text is heard. Rejects as `audio` does. */
  async timeline(uuid: string): Promise<Timeline> {
    const key = captionsKey(await this.#finishedKey(uuid))
    try {
      return (await json(await this.#parts.storage.read(key))) as Timeline
    } catch (cause) {
      if (!(cause instanceof StoredObjectNotFoundError)) throw cause
      throw new SpeechGoneError(`The times of ${uuid} were deleted; ask for it under a new uuid.`, { cause })
    }
  }

  /** What was true before: a request that had ended already stays as it is. Rejects SpeechNotFoundError. */
  async cancel(uuid: string): Promise<SpeechStatus> {
    const status = await this.status(uuid)
    if (!hasEnded(status)) await this.#parts.revoke(status.taskId)
    return status
  }

  async #finishedKey(uuid: string): Promise<string> {
    const { state, key, error } = await this.status(uuid)
    if (!hasEnded({ state })) {
      throw new SpeechNotReadyError(`The speech ${uuid} is ${state}; ask again when its state is SUCCESS.`)
    }
    if (key !== undefined) return key
    const why = error ? ` (${error.title}: ${error.detail})` : ''
    throw new SpeechGoneError(`The speech ${uuid} ended as ${state}${why}; ask for it under a new uuid.`)
  }

  async #taskId(uuid: string): Promise<string> {
    const entry = await this.#parts.index.get(uuid)
    if (entry) return entry.task_id
    throw new SpeechNotFoundError(`No speech was asked for as ${uuid}, or it has been forgotten.`)
  }
}

export function hasEnded({ state }: Pick<SpeechStatus, 'state'>): boolean {
  return READY_STATES.has(state)
}

function statusOf(uuid: string, { taskId, status: state, result }: TaskRecord): SpeechStatus {
  const base = { uuid, taskId, state }
  if (state === 'SUCCESS') return typeof result === 'string' ? { ...base, key: result } : base
  if (result instanceof Error) return { ...base, error: { title: result.name, detail: result.message } }
  const progress = state === 'PROGRESS' ? readProgress(result) : undefined
  return progress ? { ...base, progress } : base
}

/** The task's own meta, which the wire could have as anything. */
function readProgress(result: unknown): { done: number; total: number } | undefined {
  const { done, total } = (result ?? {}) as { done?: unknown; total?: unknown }
  return typeof done === 'number' && typeof total === 'number' ? { done, total } : undefined
}
