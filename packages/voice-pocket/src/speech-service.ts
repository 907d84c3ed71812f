import type { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import type { Sound } from './audio/sound.ts'
import {
  SpeechGoneError,
  SpeechNotFoundError,
  SpeechNotReadyError,
  StoredObjectNotFoundError,
} from './exceptions.ts'
import type { Accepted, HandlerRegistry } from './handlers.ts'
import { merge } from './merge.ts'
import type { SpeechRequest } from './messages.ts'
import { type EncodedSound, Encodings, type WantedEncoding } from './speech/encodings.ts'
import { followSpeech, goneBecause } from './speech/follow.ts'
import { hasEnded, type SpeechStatus, statusOf, type TaskRecord } from './speech/speech-status.ts'
import { readTimeline, type Timeline } from './speech/timeline.ts'
import type { SpeechIndex } from './speech-index.ts'
import { captionsKey } from './storage/key.ts'
import type { ByteRange, Storage } from './storage/storage.ts'
import { partsIdFor } from './uuid.ts'

export { hasEnded, type SpeechStatus, type TaskRecord } from './speech/speech-status.ts'

export interface SpeechAudio extends EncodedSound {
  read(range?: ByteRange): Promise<Readable>
  /** An address in the storage itself where the same is, for a while; only where callers are to be sent there. */
  presign?(): Promise<string>
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
  readonly storage: Pick<Storage, 'stat' | 'read' | 'write' | 'presign'>
  /** How long an address in the storage is good that callers are sent to; 0 or nothing sends nobody there. */
  readonly redirectSeconds?: number
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
    const { options, inputType, ...fields } = request
    const markup = inputType !== undefined && { input_type: inputType }
    return this.#parts.registry.dispatch({ ...fields, ...options, ...markup })
  }

  /** Rejects SpeechNotFoundError. */
  async status(uuid: string): Promise<SpeechStatus> {
    const taskId = await this.#taskId(uuid)
    const { results } = this.#parts
    const task = await results.getTaskMeta(taskId)
    // Only a task that runs can have parts.
    if (hasEnded({ state: task.status }) || task.status === 'PENDING') return statusOf(uuid, task)
    return statusOf(uuid, task, await results.getTaskMeta(partsIdFor(taskId)))
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
    const { results } = this.#parts
    const ended = new AbortController()
    const until = AbortSignal.any([signal, ended.signal])
    const records: TaskRecord[] = []
    let last: SpeechStatus | undefined
    try {
      const watches = [taskId, partsIdFor(taskId)].map((id) => results.watch(id, until))
      for await (const [source, record] of merge(watches)) {
        records[source] = record
        const [task, parts] = records
        if (task === undefined) continue
        const status = statusOf(uuid, task, parts)
        if (!isDeepStrictEqual(status, last)) yield status
        if (hasEnded(status)) return
        last = status
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      ended.abort()
    }
  }

  /** Rejects SpeechNotFoundError, SpeechNotReadyError, or SpeechGoneError. */
  async audio(uuid: string, wanted: WantedEncoding = { format: 'wav' }): Promise<SpeechAudio> {
    const key = await this.#finishedKey(uuid)
    const encoded = await this.#encodings.find(key, wanted)
    if (!encoded) throw new SpeechGoneError(`The file ${key} was deleted; ask for it under a new uuid.`)
    const { storage, redirectSeconds = 0 } = this.#parts
    const audio: SpeechAudio = { ...encoded, read: (range) => storage.read(encoded.key, range) }
    const presign = storage.presign?.bind(storage)
    if (redirectSeconds === 0 || presign === undefined) return audio
    const as = { contentType: encoded.contentType, fileName: `${uuid}.${encoded.extension}` }
    return { ...audio, presign: () => presign(encoded.key, redirectSeconds, as) }
  }

  /**
   * The sound from its first sentence on, while the rest of it is being made. Resolves when there is something to hear.
   * Rejects SpeechNotFoundError, or SpeechGoneError.
   */
  async follow(uuid: string, signal: AbortSignal): Promise<Sound> {
    return followSpeech(this.watchTask(uuid, await this.#taskId(uuid), signal), this.#parts.storage)
  }

  /** When which word of the text is heard. Rejects as `audio` does. */
  async timeline(uuid: string): Promise<Timeline> {
    const key = captionsKey(await this.#finishedKey(uuid))
    try {
      return readTimeline(await json(await this.#parts.storage.read(key)))
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
    const status = await this.status(uuid)
    if (!hasEnded(status)) {
      throw new SpeechNotReadyError(
        `The speech ${uuid} is ${status.state}; ask again when its state is SUCCESS.`,
      )
    }
    if (status.key !== undefined) return status.key
    throw goneBecause(status)
  }

  async #taskId(uuid: string): Promise<string> {
    const entry = await this.#parts.index.get(uuid)
    if (entry) return entry.task_id
    throw new SpeechNotFoundError(`No speech was asked for as ${uuid}, or it has been forgotten.`)
  }
}
