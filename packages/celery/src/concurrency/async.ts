import type { Outcome } from '../app/trace.ts'
import { Terminated } from '../exceptions.ts'
import type { Accepted, Job, Pool, PoolInfo } from './base.ts'
import { neverRan, Slots } from './slots.ts'

/** Runs one job in this process. */
export type Run = (job: Job, options: { signal: AbortSignal; onAccepted: () => void }) => Promise<Outcome>

/**
 * Many promises in one process: for tasks that wait (for a network, a database) and do not compute. A task that
 * is told to stop has its `request.signal` aborted; one that does not listen runs to its end, since a promise
 * cannot be killed.
 */
export class AsyncPool implements Pool {
  readonly limit: number
  readonly #run: Run
  readonly #slots: Slots
  readonly #jobs = new Map<string, AbortController>()
  readonly #closed = new AbortController()
  readonly #terminated = new AbortController()

  constructor({ limit, run }: { limit: number; run: Run }) {
    this.limit = limit
    this.#run = run
    this.#slots = new Slots(limit)
  }

  get info(): PoolInfo {
    return { implementation: this.constructor.name, 'max-concurrency': this.limit, processes: [process.pid] }
  }

  async start(): Promise<void> {}

  async run(job: Job, onAccepted: (accepted: Accepted) => void): Promise<Outcome> {
    const controller = new AbortController()
    this.#jobs.set(job.id, controller)
    try {
      const signal = AbortSignal.any([controller.signal, this.#closed.signal])
      if (!(await this.#slots.acquire(signal))) return neverRan(this.#closed.signal)
      try {
        return await this.#runUntilTerminated(job, controller.signal, onAccepted)
      } finally {
        this.#slots.release()
      }
    } finally {
      if (this.#jobs.get(job.id) === controller) this.#jobs.delete(job.id)
    }
  }

  cancel(jobId: string): boolean {
    const controller = this.#jobs.get(jobId)
    controller?.abort()
    return controller !== undefined
  }

  close(): void {
    this.#closed.abort(new Terminated('The worker stops and takes nothing new.'))
  }

  stop(): Promise<void> {
    this.close()
    return this.#slots.idle()
  }

  async terminate(): Promise<void> {
    this.close()
    this.#terminated.abort(new Terminated('The worker was told to stop at once.'))
  }

  /** After `terminate` nobody waits for the task any more, though it may still be running. */
  async #runUntilTerminated(
    job: Job,
    cancelled: AbortSignal,
    onAccepted: (accepted: Accepted) => void,
  ): Promise<Outcome> {
    const { signal: terminated } = this.#terminated
    const signal = AbortSignal.any([cancelled, terminated])
    const { promise, reject } = Promise.withResolvers<never>()
    const onTerminated = () => reject(terminated.reason)
    terminated.addEventListener('abort', onTerminated)
    try {
      const running = this.#run(job, { signal, onAccepted: () => onAccepted({ pid: process.pid }) })
      return await Promise.race([running, promise])
    } finally {
      terminated.removeEventListener('abort', onTerminated)
    }
  }
}
