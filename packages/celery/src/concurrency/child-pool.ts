import { setTimeout as sleep } from 'node:timers/promises'
import type { Reading } from '../app/measures.ts'
import type { LooseSettings } from '../app/settings.ts'
import type { Outcome } from '../app/trace.ts'
import { Terminated } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { Accepted, Job, Pool, PoolChildren, PoolInfo } from './base.ts'
import { Child, type Spawn } from './child.ts'
import { lasting, summed } from './child-readings.ts'
import { IdleChildren } from './idle-children.ts'
import { neverRan, Slots } from './slots.ts'
import { writesOf } from './writes.ts'

export interface ChildPoolOptions {
  readonly limit: number
  /** Absolute path of the module that exports the app: children import it. */
  readonly appModule: string
  readonly settings: LooseSettings
  /** To import besides those that the settings name. */
  readonly modules: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** How long a cancelled task may take to stop by itself. */
  readonly cancelWaitMs: number
  /** Jobs after which a child is replaced; 0 means never. */
  readonly maxTasksPerChild: number
  /** KiB with which a child is replaced after its job; 0 means any number. */
  readonly maxMemoryPerChild: number
  /** Called before a child is started. */
  readonly beforeSpawn: () => void
  readonly logger: Logger
}

/** Wait before a child is replaced that died before it was ready, in milliseconds; doubled each time. */
const RESTART_DELAY = { first: 100, most: 10_000 }

/** How long a child that has nothing to do may take to end by itself, when the pool stops. */
const LEAVE_WITHIN_MS = 2_000

interface Entry {
  isCancelled: boolean
  child?: Child
}

/**
 * Children that import the app's module and run one task each at a time; processes or threads, `spawn` says which.
 * 1. `limit` children from start to stop; one that dies, or has served its time, is replaced.
 * 2. A job goes to an idle child (which, `IdleChildren` says); it rejects with WorkerLostError when that child dies.
 * 3. Children end with the pool, and with this process however it ends.
 */
export class ChildPool implements Pool {
  readonly #implementation: string
  readonly #options: ChildPoolOptions
  readonly #spawn: Spawn
  readonly #slots: Slots
  readonly #children = new Set<Child>()
  #startedCount = 0
  /** What was counted in those that are gone. */
  #lasting: readonly Reading[] = []
  /** Children that are to be replaced. */
  readonly #outdated = new WeakSet<Child>()
  readonly #idle = new IdleChildren<Child>()
  readonly #waitingForChild: { resolve: (child: Child) => void; reject: (error: Error) => void }[] = []
  readonly #jobs = new Map<string, Entry>()
  readonly #closed = new AbortController()
  /** What children import besides what the settings say. */
  #modules: readonly string[]
  #isStaffed = false
  /** Children that could not start, and will be tried again. */
  #restarting = 0

  constructor(implementation: string, options: ChildPoolOptions, spawn: Spawn) {
    this.#implementation = implementation
    this.#options = options
    this.#modules = options.modules
    this.#spawn = spawn
    this.#slots = new Slots(options.limit)
  }

  get limit(): number {
    return this.#slots.limit
  }

  get info(): PoolInfo {
    const processes = [...new Set([...this.#children].map((child) => child.pid))]
    const writes = writesOf([...this.#children].map((child) => child.jobsRun))
    return { implementation: this.#implementation, 'max-concurrency': this.limit, processes, writes }
  }

  get children(): PoolChildren {
    const memory = [...this.#children].reduce((sum, child) => sum + child.memory, 0)
    const { hits: affinityHits, misses: affinityMisses } = this.#idle
    const readings = summed([...this.#lasting, ...[...this.#children].flatMap((child) => child.readings)])
    return {
      count: this.#children.size,
      startedCount: this.#startedCount,
      memory,
      affinityHits,
      affinityMisses,
      readings,
    }
  }

  /** Rejects with ImproperlyConfigured when a child cannot load the app. */
  async start(): Promise<void> {
    const children = Array.from({ length: this.limit }, () => this.#hire())
    try {
      await Promise.all(children.map((child) => child.ready))
    } catch (error) {
      await this.terminate()
      throw error
    }
    this.#isStaffed = true
    for (const child of children) this.#keep(child)
    this.#refill() // it may have grown meanwhile
  }

  async run(job: Job, onAccepted: (accepted: Accepted) => void): Promise<Outcome> {
    const entry: Entry = { isCancelled: false }
    this.#jobs.set(job.id, entry)
    try {
      const isOurs = await this.#slots.acquire(entry)
      if (!isOurs) return neverRan(this.#closed.signal)
      try {
        return await this.#runIn(await this.#takeChild(job), job, entry, onAccepted)
      } finally {
        this.#slots.release()
      }
    } finally {
      if (this.#jobs.get(job.id) === entry) this.#jobs.delete(job.id)
    }
  }

  cancel(jobId: string, signal: NodeJS.Signals): boolean {
    const job = this.#jobs.get(jobId)
    if (job === undefined) return false
    job.isCancelled = true
    this.#slots.giveUp(job)
    job.child?.cancel(signal, this.#options.cancelWaitMs)
    return true
  }

  resize(limit: number): void {
    this.#slots.resize(limit)
    for (const child of this.#idle.takeAll()) this.#giveBack(child)
    this.#refill()
  }

  restart(modules: readonly string[] = []): void {
    this.#modules = [...new Set([...this.#modules, ...modules])]
    for (const child of this.#children) this.#outdated.add(child)
    for (const child of this.#idle.takeAll()) this.#giveBack(child)
  }

  close(): void {
    this.#closed.abort(new Terminated('The worker stops and takes nothing new.'))
    this.#slots.close()
    for (const { reject } of this.#waitingForChild.splice(0)) reject(this.#closed.signal.reason)
  }

  async stop(): Promise<void> {
    this.close()
    await this.#slots.idle()
    await this.#leave()
    await this.terminate()
  }

  /** Lets them end by themselves, for a moment. */
  async #leave(): Promise<void> {
    const over = new AbortController()
    const patience = sleep(LEAVE_WITHIN_MS, undefined, { signal: over.signal }).catch(() => {})
    for (const child of this.#children) child.leave()
    await Promise.race([patience, Promise.all([...this.#children].map((child) => child.gone))])
    over.abort()
  }

  async terminate(): Promise<void> {
    this.close()
    for (const child of this.#children) child.end('SIGKILL')
    await Promise.all([...this.#children].map((child) => child.gone))
  }

  async #runIn(
    child: Child,
    job: Job,
    entry: Entry,
    onAccepted: (accepted: Accepted) => void,
  ): Promise<Outcome> {
    try {
      if (entry.isCancelled || this.#closed.signal.aborted) return neverRan(this.#closed.signal)
      entry.child = child
      this.#idle.remember(child, job.affinity ?? [])
      return await child.run(job, onAccepted)
    } finally {
      this.#giveBack(child)
    }
  }

  /** Starts a child; it is not put to work yet. */
  #hire(): Child {
    const { appModule, settings, beforeSpawn, maxMemoryPerChild } = this.#options
    beforeSpawn()
    const boot = { appModule, settings, modules: this.#modules, watchesMemory: maxMemoryPerChild > 0 }
    const child = new Child({ kind: 'boot', ...boot }, this.#spawn)
    this.#children.add(child)
    this.#startedCount += 1
    child.ready.catch(() => {}) // whoever needs it awaits it as well
    void child.gone.then(() => this.#forget(child))
    return child
  }

  #forget(child: Child): void {
    this.#children.delete(child)
    this.#lasting = summed([...this.#lasting, ...lasting(child.readings)])
  }

  /** Puts a ready child to work, and another in its place when it is gone. */
  #keep(child: Child): void {
    void child.gone.then(() => {
      this.#idle.remove(child)
      this.#refill()
    })
    this.#giveBack(child)
  }

  /** How many children there are that can run jobs, or soon will be. */
  get #staff(): number {
    return [...this.#children].filter((child) => child.isAvailable).length + this.#restarting
  }

  #refill(): void {
    if (!this.#isStaffed || this.#closed.signal.aborted) return
    for (let missing = this.limit - this.#staff; missing > 0; missing -= 1) {
      void this.#add(RESTART_DELAY.first)
    }
  }

  async #add(delayMs: number): Promise<void> {
    let child: Child
    try {
      child = this.#hire()
      await child.ready
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#addLater(error, delayMs)
      return
    }
    this.#options.logger.info(`${child.title} has joined the pool`)
    this.#keep(child)
  }

  #addLater(error: unknown, delayMs: number): void {
    this.#options.logger.error(
      { err: error },
      `A new child of the pool did not start; again in ${delayMs} ms`,
    )
    this.#restarting += 1
    const retry = () => {
      this.#restarting -= 1
      if (this.#closed.signal.aborted || this.#staff >= this.limit) return
      void this.#add(Math.min(delayMs * 2, RESTART_DELAY.most))
    }
    setTimeout(retry, delayMs).unref()
  }

  /** A child without a job works on, unless it has served its time; one that is ended sees to its own replacement. */
  #giveBack(child: Child): void {
    if (!child.isAvailable) return
    const reason = this.#whyToLeave(child)
    if (reason === undefined) {
      this.#offer(child)
      return
    }
    this.#options.logger.info(`${child.title} leaves the pool: ${reason}`)
    child.leave()
    this.#refill()
  }

  #whyToLeave(child: Child): string | undefined {
    const { jobsRun, memory } = child
    const { maxTasksPerChild, maxMemoryPerChild } = this.#options
    if (this.#outdated.has(child)) return 'the pool is restarted'
    if (this.#staff > this.limit) return 'the pool has shrunk'
    if (maxTasksPerChild > 0 && jobsRun >= maxTasksPerChild)
      return `it has run ${jobsRun} of ${maxTasksPerChild} tasks`
    if (maxMemoryPerChild > 0 && memory > maxMemoryPerChild)
      return `it uses ${Math.ceil(memory)} KiB of memory, and may use ${maxMemoryPerChild}`
    return undefined
  }

  #offer(child: Child): void {
    const waiting = this.#waitingForChild.shift()
    if (waiting) waiting.resolve(child)
    else this.#idle.add(child)
  }

  #takeChild({ affinity = [] }: Job): Promise<Child> {
    const child = this.#idle.takeFor(affinity)
    if (child) return Promise.resolve(child)
    if (this.#closed.signal.aborted) return Promise.reject(this.#closed.signal.reason)
    return new Promise((resolve, reject) => this.#waitingForChild.push({ resolve, reject }))
  }
}
