/** Where tasks run. A worker knows its pool by this contract only; `index.ts` maps a name to an implementation. */
import type { Reading } from '../app/measures.ts'
import type { TaskWire } from '../app/protocol.ts'
import type { TimeLimits } from '../app/time-limits.ts'
import type { Outcome } from '../app/trace.ts'

/** One task message on its way into a pool. */
export interface Job {
  readonly id: string
  readonly wire: TaskWire
  readonly limits: TimeLimits
  /** Children that were given one of these keys before are preferred, where they are idle; the first key counts most. */
  readonly affinity?: readonly string[]
}

export interface Accepted {
  /** Process that runs it; threads are in the worker's own. */
  readonly pid: number
}

export interface PoolInfo {
  readonly implementation: string
  readonly 'max-concurrency': number
  readonly processes: readonly number[]
  /** How the jobs were spread over the children, where there are any. */
  readonly writes?: Readonly<Record<string, unknown>>
}

/** What there is to watch of children that come and go. */
export interface PoolChildren {
  readonly count: number
  /** Since the pool was made: what is above its size took the place of another, or came as it grew. */
  readonly startedCount: number
  /** KiB that those which are there used after their last jobs, together. */
  readonly memory: number
  /** Jobs with affinity keys that went to a child which had been given the first of them before, and those that did not. */
  readonly affinityHits: number
  readonly affinityMisses: number
  /** What the app measures in them, those that are gone included where it counts. */
  readonly readings: readonly Reading[]
}

export interface Pool {
  /** How many jobs run at once; further ones wait inside the pool, in order. */
  readonly limit: number
  readonly info: PoolInfo
  /** Of a pool that has any. */
  readonly children?: PoolChildren
  start(): Promise<void>
  /**
   * Runs a job when a slot is free. `onAccepted` is called when its task begins.
   * Rejects with WorkerLostError when what ran it died, with Terminated when `cancel` or `terminate` ended it,
   * with TimeLimitExceeded when it ran longer than its hard limit.
   */
  run(job: Job, onAccepted: (accepted: Accepted) => void): Promise<Outcome>
  /** Asks a job to give up; one that does not is ended by the signal, where the pool can. False: no such job. */
  cancel(jobId: string, signal: NodeJS.Signals): boolean
  /** Has so many slots from now on; what runs goes on. @throws RangeError where it cannot be */
  resize(limit: number): void
  /**
   * Has new children take the place of these, each once it has no job.
   * @param modules that new children import as well, from now on
   * @throws RangeError where there are no children
   */
  restart(modules?: readonly string[]): void
  /** Takes no more jobs; those that have not begun reject with Terminated. Twice is fine. */
  close(): void
  /** Closes, and returns when every job has ended. Twice is fine. */
  stop(): Promise<void>
  /** Ends every job at once. Twice is fine. */
  terminate(): Promise<void>
}
