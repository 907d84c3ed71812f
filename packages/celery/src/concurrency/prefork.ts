import type { LooseSettings } from '../app/settings.ts'
import type { Outcome } from '../app/trace.ts'
import { Terminated } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { Accepted, Job, Pool, PoolInfo } from './base.ts'
import { Child } from './child.ts'
import { neverRan, Slots } from './slots.ts'

export interface PreforkOptions {
  readonly limit: number
  /** Absolute path of the module that exports the app: children import it. */
  readonly appModule: string
  readonly settings: LooseSettings
  readonly env: NodeJS.ProcessEnv
  /** How long a cancelled task may take to stop by itself. */
  readonly cancelWaitMs: number
  readonly logger: Logger
}

/** Wait before a child is replaced that died before it was ready, in milliseconds; doubled each time. */
const RESTART_DELAY = { first: 100, most: 10_000 }

/**
 * Child processes that import the app's module and run one task each at a time.
 * 1. `limit` children from start to stop; one that dies is replaced.
 * 2. A job goes to an idle child; it rejects with WorkerLostError when that child dies.
 * 3. Children end with the pool, and with this process however it ends.
 */
export class PreforkPool implements Pool {
  readonly limit: number
  readonly #options: PreforkOptions
  readonly #slots: Slots
  readonly #children = new Set<Child>()
  readonly #idle: Child[] = []
  readonly #waitingForChild: { resolve: (child: Child) => void; reject: (error: Error) => void }[] = []
  readonly #jobs = new Map<string, { controller: AbortController; child?: Child }>()
  readonly #closed = new AbortController()

  constructor(options: PreforkOptions) {
    this.limit = options.limit
    this.#options = options
    this.#slots = new Slots(options.limit)
  }

  get info(): PoolInfo {
    const processes = [...this.#children].map((child) => child.pid)
    return { implementation: 'celery.concurrency.prefork:TaskPool', 'max-concurrency': this.limit, processes }
  }

  /** Rejects with ImproperlyConfigured when a child cannot load the app. */
  async start(): Promise<void> {
    const children = Array.from({ length: this.limit }, () => this.#fork())
    try {
      await Promise.all(children.map((child) => child.ready))
    } catch (error) {
      await this.terminate()
      throw error
    }
    for (const child of children) this.#keep(child)
  }

  async run(job: Job, onAccepted: (accepted: Accepted) => void): Promise<Outcome> {
    const entry: { controller: AbortController; child?: Child } = { controller: new AbortController() }
    this.#jobs.set(job.id, entry)
    try {
      const signal = AbortSignal.any([entry.controller.signal, this.#closed.signal])
      if (!(await this.#slots.acquire(signal))) return neverRan(this.#closed.signal)
      try {
        const child = await this.#takeChild()
        try {
          if (signal.aborted) return neverRan(this.#closed.signal)
          entry.child = child
          return await child.run(job, onAccepted)
        } finally {
          if (child.isAlive) this.#offer(child)
        }
      } finally {
        this.#slots.release()
      }
    } finally {
      if (this.#jobs.get(job.id) === entry) this.#jobs.delete(job.id)
    }
  }

  cancel(jobId: string, signal: NodeJS.Signals): boolean {
    const job = this.#jobs.get(jobId)
    job?.controller.abort()
    job?.child?.cancel(signal, this.#options.cancelWaitMs)
    return job !== undefined
  }

  close(): void {
    this.#closed.abort(new Terminated('The worker stops and takes nothing new.'))
    for (const { reject } of this.#waitingForChild.splice(0)) reject(this.#closed.signal.reason)
  }

  async stop(): Promise<void> {
    this.close()
    await this.#slots.idle()
    await this.terminate()
  }

  async terminate(): Promise<void> {
    this.close()
    for (const child of this.#children) child.end('SIGKILL')
    await Promise.all([...this.#children].map((child) => child.gone))
  }

  #fork(): Child {
    const { appModule, settings, env } = this.#options
    const child = new Child({ kind: 'boot', appModule, settings }, env)
    this.#children.add(child)
    child.ready.catch(() => {}) // whoever needs it awaits it as well
    void child.gone.then(() => this.#children.delete(child))
    return child
  }

  /** Puts a ready child to work, and another in its place when it is gone. */
  #keep(child: Child): void {
    this.#offer(child)
    void child.gone.then(() => {
      const position = this.#idle.indexOf(child)
      if (position !== -1) this.#idle.splice(position, 1)
      void this.#replace(RESTART_DELAY.first)
    })
  }

  async #replace(delayMs: number): Promise<void> {
    if (this.#closed.signal.aborted) return
    const child = this.#fork()
    try {
      await child.ready
    } catch (error) {
      if (this.#closed.signal.aborted) return
      this.#options.logger.error(
        { err: error },
        `A new child of the pool did not start; again in ${delayMs} ms`,
      )
      setTimeout(() => void this.#replace(Math.min(delayMs * 2, RESTART_DELAY.most)), delayMs).unref()
      return
    }
    this.#options.logger.info(`Child ${child.pid} took the place of one that ended`)
    this.#keep(child)
  }

  #offer(child: Child): void {
    const waiting = this.#waitingForChild.shift()
    if (waiting) waiting.resolve(child)
    else this.#idle.push(child)
  }

  #takeChild(): Promise<Child> {
    const child = this.#idle.pop()
    if (child) return Promise.resolve(child)
    if (this.#closed.signal.aborted) return Promise.reject(this.#closed.signal.reason)
    return new Promise((resolve, reject) => this.#waitingForChild.push({ resolve, reject }))
  }
}
