import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'

/** Between telling an engine to stop, and ending its process; no longer than it had for the sentence itself. */
const GRACE_MS = 5_000

/**
 * Ends this process when an engine neither finishes a sentence, or what else it was asked for, nor stops. Its own thread may be held by the engine, in
 * native code even, so that another thread keeps the time. The worker then delivers the message again, to another
 * process.
 */
export class Watchdog {
  readonly #graceMs: number
  #thread: Worker | undefined
  #watched = 0

  constructor(graceMs = GRACE_MS) {
    this.#graceMs = graceMs
  }

  /** Until the result is disposed, which must happen within the time and the grace. */
  watch(engine: string, limitMs: number, work = 'a sentence'): Disposable {
    this.#watched += 1
    const id = this.#watched
    const thread = this.#running()
    const seconds = limitMs / 1000
    const last =
      `The engine ${engine} neither finished ${work} within ${seconds} s nor stopped when it was told to; ` +
      `its process ${process.pid} ends.\n`
    thread.postMessage({ id, endMs: limitMs + Math.min(this.#graceMs, limitMs), last })
    return { [Symbol.dispose]: () => thread.postMessage({ id }) }
  }

  #running(): Worker {
    if (this.#thread) return this.#thread
    const thread = new Worker(THREAD, { resourceLimits: { maxOldGenerationSizeMb: 16 }, stderr: false })
    thread.unref()
    this.#thread = thread
    return thread
  }
}

/** It ends as this file does: in .ts from the source, in .js as published. */
const THREAD = join(import.meta.dirname, `watchdog-thread${extname(import.meta.filename)}`)
