import { once } from 'node:events'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { RecordingError, type RecordingFault, VoicePocketError } from '../exceptions.ts'
import type { ExaminedRecording } from './examine.ts'

/** What a thread answers; `failure` is an error of ours, with where it was thrown. */
export type Examination =
  | { readonly recording: ExaminedRecording }
  | { readonly fault: RecordingFault; readonly message: string }
  | { readonly failure: string }

/** What a thread is given. */
export interface ThreadData {
  readonly path: string
  /** It writes here which program decodes for it at this moment; 0 is none. */
  readonly program: Int32Array
}

/** It ends as this file does: in .ts from the source, in .js as published. */
const THREAD = join(import.meta.dirname, `examiner-thread${extname(import.meta.filename)}`)
/** Two minutes of sound take some seconds on any machine. */
const PATIENCE_MS = 60_000
/** For a thread to take note that its program has ended. */
const NOTE_MS = 1_000

/**
 * Looks at what people send, in a thread of its own: decoding holds a thread, and callers of the API must not wait for
 * it. One recording at a time, so that many uploads at once need neither all processors nor all memory. A decoder that
 * crashes or never ends costs its thread.
 */
export class Examiner {
  readonly #patience: () => AbortSignal
  #last: Promise<unknown> = Promise.resolve()

  /** `patience`: how long a recording may take. */
  constructor(patience = () => AbortSignal.timeout(PATIENCE_MS)) {
    this.#patience = patience
  }

  /** Rejects RecordingError; with any other error the fault is ours, and not that of the recording. */
  examine(path: string): Promise<ExaminedRecording> {
    const turn = this.#last.then(() => this.#examineInThread(path))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #examineInThread(path: string): Promise<ExaminedRecording> {
    const workerData: ThreadData = { path, program: new Int32Array(new SharedArrayBuffer(4)) }
    const thread = new Worker(THREAD, { workerData })
    const ended = new AbortController()
    thread.once('exit', () => ended.abort()) // behind its last message
    const signal = AbortSignal.any([ended.signal, this.#patience()])
    try {
      const [answer] = (await once(thread, 'message', { signal })) as [Examination]
      return recordingIn(answer)
    } catch (cause) {
      if (cause instanceof VoicePocketError) throw cause
      if (signal.aborted || (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
        throw undecodable(cause)
      throw ours(cause)
    } finally {
      await endProgram(workerData, thread)
      await thread.terminate()
    }
  }
}

function recordingIn(answer: Examination): ExaminedRecording {
  if ('recording' in answer) return answer.recording
  if ('fault' in answer) throw new RecordingError(answer.fault, answer.message)
  throw ours(answer.failure)
}

/** A program outlives the thread that started it, and only that thread can take note of its end. */
async function endProgram({ program }: ThreadData, thread: Worker): Promise<void> {
  const pid = Atomics.load(program, 0)
  if (pid === 0) return
  const noted = once(thread, 'message', { signal: AbortSignal.timeout(NOTE_MS) })
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  } finally {
    await noted.catch(() => {}) // a thread that hears nothing is terminated without
  }
}

function undecodable(cause?: unknown): RecordingError {
  const detail = 'The recording cannot be decoded; record it again, as WAV if possible.'
  return new RecordingError('damaged', detail, { cause })
}

function ours(cause: unknown): VoicePocketError {
  return new VoicePocketError(`A recording could not be examined, by a fault that is not its own: ${cause}`, {
    cause,
  })
}
