import { afterSeconds } from '../after-seconds.ts'
import type { Outcome, TraceOptions } from '../app/trace.ts'
import { Terminated, TimeLimitExceeded } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { Accepted, Job, Pool, PoolInfo } from './base.ts'
import { neverRan, Slots } from './slots.ts'

/** Runs one job in this process. */
export type Run = (job: Job, options: TraceOptions) => Promise<Outcome>

/**
 * Many promises in one process: for tasks that wait (for a network, a database) and do not compute. A promise cannot
 * be killed, so a task that is told to stop has its `request.signal` aborted, and when it does not listen:
 * 1. one that was cancelled runs to its end, and keeps its slot;
 * 2. one that passed its hard time limit has failed and gives its slot free; it runs on, and nothing comes of it;
 * 3. one that computes without a pause hears of nothing, and nothing else runs meanwhile.
 */
export class AsyncPool implements Pool {
  readonly #run: Run
  readonly #logger: Logger
  readonly #slots: Slots
  readonly #jobs = new Map<string, AbortController>()
  /** Of those that run: what ends the waiting for them. */
  readonly #giveUps = new Set<(reason: unknown) => void>()
  readonly #closed = new AbortController()
  #terminated: Terminated | undefined

  constructor({ limit, run, logger }: { limit: number; run: Run; logger: Logger }) {
    this.#run = run
    this.#logger = logger
    this.#slots = new Slots(limit)
  }

  get limit(): number {
    return this.#slots.limit
  }

  get info(): PoolInfo {
    return { implementation: this.constructor.name, 'max-concurrency': this.limit, processes: [process.pid] }
  }

  async start(): Promise<void> {}

  async run(job: Job, onAccepted: (accepted: Accepted) => void): Promise<Outcome> {
    const controller = new AbortController()
    this.#jobs.set(job.id, controller)
    try {
      const isOurs = await this.#slots.acquire(controller)
      if (!isOurs) return neverRan(this.#closed.signal)
      try {
        return await this.#runUntilGivenUp(job, controller, onAccepted)
      } finally {
        this.#slots.release()
      }
    } finally {
      if (this.#jobs.get(job.id) === controller) this.#jobs.delete(job.id)
    }
  }

  cancel(jobId: string): boolean {
    const controller = this.#jobs.get(jobId)
    if (controller === undefined) return false
    controller.abort()
    this.#slots.giveUp(controller)
    return true
  }

  resize(limit: number): void {
    this.#slots.resize(limit)
  }

  restart(): void {
    throw new RangeError(
      "This pool has no children: its tasks run in the worker's own process. Restart the worker.",
    )
  }

  close(): void {
    this.#closed.abort(new Terminated('The worker stops and takes nothing new.'))
    this.#slots.close()
  }

  stop(): Promise<void> {
    this.close()
    return this.#slots.idle()
  }

  async terminate(): Promise<void> {
    this.close()
    this.#terminated ??= new Terminated('The worker was told to stop at once.')
    for (const giveUp of [...this.#giveUps]) giveUp(this.#terminated)
  }

  /** After `terminate` and after its hard time limit nobody waits for the task any more, though it may still run. */
  async #runUntilGivenUp(
    job: Job,
    controller: AbortController,
    onAccepted: (accepted: Accepted) => void,
  ): Promise<Outcome> {
    const { promise, reject } = Promise.withResolvers<never>()
    const giveUp = (reason: unknown) => {
      controller.abort(reason)
      reject(reason)
    }
    if (this.#terminated) throw this.#terminated
    this.#giveUps.add(giveUp)
    let stopTimer = () => {}
    const begin = () => {
      stopTimer = this.#startTimer(job, giveUp)
      onAccepted({ pid: process.pid })
    }
    try {
      const { signal } = controller
      const options = { signal, softTimeLimit: job.limits.soft, onAccepted: begin }
      return await Promise.race([this.#run(job, options), promise])
    } finally {
      stopTimer()
      this.#giveUps.delete(giveUp)
    }
  }

  #startTimer({ id, limits: { hard } }: Job, giveUp: (reason: unknown) => void): () => void {
    if (hard === undefined) return () => {}
    return afterSeconds(hard, () => {
      this.#logger.warn(
        `Task [${id}] is past its time limit but cannot be ended in this process: it runs on beside its successor. ` +
          "Take the pool 'prefork' or 'threads', or have it listen to request.signal.",
      )
      giveUp(new TimeLimitExceeded(hard))
    })
  }
}
