import { EncodeError } from '@voice-pocket/kombu'
import { BackendError, TaskRevokedError, TimeoutError } from '../exceptions.ts'
import { FAILURE, PENDING, READY_STATES, RETRY, REVOKED, STARTED, type State, SUCCESS } from '../states.ts'
import type { ChordCounter } from './chords.ts'
import { tracebackOf } from './exception-record.ts'

/** A result as Celery writes it down: `[[id, parent], null]`, or for a group `[[id, parent], children]`. */
export type ResultTuple = readonly [
  head: readonly [id: string, parent: ResultTuple | null],
  children: readonly ResultTuple[] | null,
]

/** What is known about a task: one record of the result backend, decoded. */
export interface TaskMeta {
  readonly taskId: string
  readonly status: State
  /** The task's value, the meta of an unready state, or an Error when the state is FAILURE, RETRY or REVOKED. */
  readonly result: unknown
  readonly traceback: string | null
  readonly children: readonly ResultTuple[]
  readonly dateDone: string | null
  readonly parentId?: string
  readonly groupId?: string
  // only with the setting `resultExtended`
  readonly name?: string | null
  readonly args?: unknown
  readonly kwargs?: unknown
  readonly worker?: string | null
  readonly retries?: number | null
  readonly queue?: string | null
}

/** The part of a task's request that its result record repeats. */
export interface ResultContext {
  readonly task?: string | undefined
  readonly args?: readonly unknown[] | undefined
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined
  readonly group?: string | undefined
  /** Where an RPC caller waits for the result. */
  readonly replyTo?: string | undefined
  readonly parentId?: string | undefined
  /** Results of the tasks that this one started. */
  readonly children?: readonly ResultTuple[] | undefined
  /** Node name of the worker. */
  readonly hostname?: string | undefined
  readonly retries?: number | undefined
  readonly deliveryInfo?: { readonly routingKey?: string | undefined } | undefined
  readonly stampedHeaders?: readonly string[] | undefined
  readonly stamps?: Readonly<Record<string, unknown>> | undefined
}

export interface StoreOptions {
  readonly traceback?: string | null | undefined
  readonly request?: ResultContext | undefined
}

export interface WaitOptions {
  /** Seconds; without it the wait ends only with the task or the signal. */
  readonly timeoutSeconds?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What `markAsDone` stored: a result that cannot be serialised is a failure of the task. */
export type Outcome = { readonly status: 'SUCCESS' } | { readonly status: 'FAILURE'; readonly error: Error }

/**
 * A result backend: keeps one record per task and tells waiters when it changes. Duties:
 * 1. records are what Python Celery stores, field by field, so either side reads the other's;
 * 2. a SUCCESS is never overwritten, and no state that is not ready overwrites one that is;
 * 3. a waiter misses nothing: it is subscribed before it reads.
 * This class holds what every backend does the same way; `key-value.ts` and its stores do the rest.
 */
export abstract class Backend {
  /** The URL without its password. */
  abstract readonly url: string

  /** Called before a task is sent whose result somebody may want. */
  async onTaskCall(): Promise<void> {}

  /** Stores a state; for FAILURE, RETRY and REVOKED `result` is what was thrown. EncodeError if it cannot be written. */
  abstract storeResult(taskId: string, result: unknown, status: State, options?: StoreOptions): Promise<void>

  /** The record, or a PENDING one when there is none. */
  abstract getTaskMeta(taskId: string): Promise<TaskMeta>

  /**
   * What is known now, then each change, ending with the first ready state, which is never missed. A reader slower
   * than the changes gets the newest and not each. Throws the signal's reason when that aborts.
   */
  abstract watch(taskId: string, signal?: AbortSignal): AsyncIterable<TaskMeta>

  /** Forgets the record; whoever still waits for it waits on. */
  abstract forget(taskId: string): Promise<void>

  /**
   * Of all who claim a key within the time, the id that the first one gave: for `uniqueKey`.
   * @throws BackendError where ids cannot be kept under keys
   */
  async claimKey(_key: string, _taskId: string, _seconds: number): Promise<string> {
    throw new BackendError(
      `The result backend ${this.url} cannot tell who was first with a 'uniqueKey'. Take Redis, SQLite or memory.`,
    )
  }

  /** Lets the next one claim it, if it is still the task's. */
  async releaseKey(_key: string, _taskId: string): Promise<void> {}

  /** Removes expired records, where the store does not do so by itself; returns how many. */
  abstract cleanup(): Promise<number>

  /** Ends every wait with an error and lets go of the store. Twice is fine. */
  abstract close(): Promise<void>

  /** Counts the parts of chords. Without one, the task celery.chord_unlock looks at the results again and again. */
  get chords(): ChordCounter | undefined {
    return undefined
  }

  /** Throws a BackendError where a chord could never end. */
  ensureChordsAllowed(): void {}

  /** Keeps the ids of a group's tasks under the group's own. */
  saveGroup(groupId: string, _result: ResultTuple): Promise<void> {
    return Promise.reject(this.#keepsNoGroups(groupId))
  }

  /** What was saved; undefined when there is nothing. */
  restoreGroup(groupId: string): Promise<ResultTuple | undefined> {
    return Promise.reject(this.#keepsNoGroups(groupId))
  }

  deleteGroup(groupId: string): Promise<void> {
    return Promise.reject(this.#keepsNoGroups(groupId))
  }

  markAsStarted(
    taskId: string,
    meta: { pid: number; hostname: string },
    request?: ResultContext,
  ): Promise<void> {
    return this.storeResult(taskId, meta, STARTED, { request })
  }

  /** A result that cannot be serialised is stored as the task's FAILURE, and the outcome says so. */
  async markAsDone(taskId: string, result: unknown, request?: ResultContext): Promise<Outcome> {
    try {
      await this.storeResult(taskId, result, SUCCESS, { request })
      return { status: SUCCESS }
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      await this.markAsFailure(taskId, error, error.stack, request)
      return { status: FAILURE, error }
    }
  }

  markAsFailure(
    taskId: string,
    thrown: unknown,
    traceback?: string | null,
    request?: ResultContext,
  ): Promise<void> {
    return this.storeResult(taskId, thrown, FAILURE, {
      traceback: traceback ?? tracebackOf(thrown),
      request,
    })
  }

  /** `thrown` is what made the task want to be tried again. */
  markAsRetry(
    taskId: string,
    thrown: unknown,
    traceback?: string | null,
    request?: ResultContext,
  ): Promise<void> {
    return this.storeResult(taskId, thrown, RETRY, {
      traceback: traceback ?? tracebackOf(thrown),
      request,
    })
  }

  /** `reason` is one of Celery's words: `revoked`, `expired` or `terminated`. */
  markAsRevoked(taskId: string, reason: string, request?: ResultContext): Promise<void> {
    return this.storeResult(taskId, new TaskRevokedError(reason), REVOKED, { request })
  }

  /** Resolves with the first ready record. TimeoutError after `timeoutSeconds`; the signal's reason when it aborts. */
  async waitFor(taskId: string, { timeoutSeconds, signal }: WaitOptions = {}): Promise<TaskMeta> {
    if (timeoutSeconds !== undefined) return this.#waitWithin(taskId, timeoutSeconds, signal)
    let last: State | undefined
    for await (const meta of this.watch(taskId, signal)) {
      last = meta.status
      if (READY_STATES.has(last)) return meta
    }
    throw this.#endedEarly(taskId, last)
  }

  async #waitWithin(taskId: string, seconds: number, signal: AbortSignal | undefined): Promise<TaskMeta> {
    const giveUp = new AbortController()
    let last: State | undefined
    const timer = setTimeout(() => giveUp.abort(this.#timeout(taskId, last, seconds)), seconds * 1000)
    const signals = signal === undefined ? giveUp.signal : AbortSignal.any([giveUp.signal, signal])
    try {
      for await (const meta of this.watch(taskId, signals)) {
        last = meta.status
        if (READY_STATES.has(last)) return meta
      }
    } finally {
      clearTimeout(timer)
    }
    throw this.#endedEarly(taskId, last)
  }

  #endedEarly(taskId: string, last: State | undefined): BackendError {
    return new BackendError(
      `The result backend ${this.url} ended the wait for task ${taskId} in state ${last}.`,
    )
  }

  #keepsNoGroups(groupId: string): BackendError {
    return new BackendError(
      `The result backend ${this.url} keeps no groups, so not ${groupId} either. Keep the ids of its tasks yourself.`,
    )
  }

  #timeout(taskId: string, last: State | undefined, seconds: number): TimeoutError {
    if (last === undefined) {
      return new TimeoutError(
        `The result backend ${this.url} did not answer within ${seconds} seconds what became of task ${taskId}. ` +
          'The task goes on without you; check that the backend runs, and wait longer with a larger timeout.',
      )
    }
    const remedy =
      last === PENDING
        ? 'check that a worker consumes its queue and that the id is right'
        : 'let the worker finish'
    return new TimeoutError(
      `Task ${taskId} was still ${last} after ${seconds} seconds. ` +
        `It goes on without you: wait longer with a larger timeout, or ${remedy}.`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
