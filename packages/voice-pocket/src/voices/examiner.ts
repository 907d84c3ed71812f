import { once } from 'node:events'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { RecordingError, type RecordingFault } from '../exceptions.ts'
import type { ExaminedRecording } from './examine.ts'

/** What a thread answers. */
export type Examination =
  | { readonly recording: ExaminedRecording }
  | { readonly fault: RecordingFault; readonly message: string }

/** It ends as this file does: in .ts from the source, in .js as published. */
const THREAD = join(import.meta.dirname, `examiner-thread${extname(import.meta.filename)}`)
/** Two minutes of sound take some seconds on any machine. */
const PATIENCE_MS = 60_000

/**
 * Looks at what people send, in a thread of its own: decoding holds a thread, and callers of the API must not wait for
 * it. One recording at a time, so that many uploads at once need neither all processors nor all memory. A decoder that
 * crashes or never ends costs its thread.
 */
export class Examiner {
  #last: Promise<unknown> = Promise.resolve()

  /** Rejects RecordingError. */
  examine(path: string): Promise<ExaminedRecording> {
    const turn = this.#last.then(() => examineInThread(path))
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

async function examineInThread(path: string): Promise<ExaminedRecording> {
  const thread = new Worker(THREAD, { workerData: path })
  const ended = new AbortController()
  thread.once('exit', () => ended.abort()) // behind its last message
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(PATIENCE_MS)])
  try {
    const [answer] = (await once(thread, 'message', { signal })) as [Examination]
    if ('recording' in answer) return answer.recording
    throw new RecordingError(answer.fault, answer.message)
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause
    throw new RecordingError(
      'damaged',
      'The recording cannot be decoded; record it again, as WAV if possible.',
      {
        cause,
      },
    )
  } finally {
    await thread.terminate()
  }
}
