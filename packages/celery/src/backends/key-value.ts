import { BackendStoreError } from '../exceptions.ts'
import { READY_STATES, type State, SUCCESS } from '../states.ts'
import { abortable } from './abortable.ts'
import { Backend, type ResultTuple, type StoreOptions, type TaskMeta } from './base.ts'
import type { ChordCounter } from './chords.ts'
import { CLAIM_KEYPREFIX, GROUP_KEYPREFIX, TASK_KEYPREFIX } from './keys.ts'
import type { ResolvedBackendOptions } from './options.ts'
import { decodeRecord, encodeRecord } from './record-text.ts'
import { pendingMeta } from './result-meta.ts'
import type { KeyValueStore } from './store.ts'
import { type Snapshot, TaskChanges, UNKNOWN } from './task-changes.ts'

/** Others write a task's record now and then; that they do so each time between our read and write is a fault. */
const MAX_ATTEMPTS = 50

/** Keeps results in a store of keys and values, under Celery's own keys. */
export class KeyValueStoreBackend extends Backend {
  readonly #store: KeyValueStore
  readonly #options: ResolvedBackendOptions
  readonly #chords: ChordCounter | undefined

  /** @param chords for a store that counts them */
  constructor(store: KeyValueStore, options: ResolvedBackendOptions, chords?: ChordCounter) {
    super()
    this.#store = store
    this.#options = options
    this.#chords = chords
  }

  override get chords(): ChordCounter | undefined {
    return this.#chords
  }

  override async saveGroup(groupId: string, result: ResultTuple): Promise<void> {
    const value = JSON.stringify({ result })
    await this.#store.put(this.#keyForGroup(groupId), value, this.#options.expiresSeconds)
  }

  override async restoreGroup(groupId: string): Promise<ResultTuple | undefined> {
    const value = await this.#store.get(this.#keyForGroup(groupId))
    return value === undefined ? undefined : (JSON.parse(value) as { result: ResultTuple }).result
  }

  override async deleteGroup(groupId: string): Promise<void> {
    await this.#store.delete(this.#keyForGroup(groupId))
  }

  get url(): string {
    return this.#store.url
  }

  async storeResult(
    taskId: string,
    result: unknown,
    status: State,
    options: StoreOptions = {},
  ): Promise<void> {
    const { extended } = this.#options
    await this.storeRecord(taskId, status, encodeRecord({ taskId, result, status, extended, ...options }))
  }

  /** Stores a record that was written already, unless what is known may not be replaced by it. */
  async storeRecord(taskId: string, status: State, record: string): Promise<void> {
    const key = this.#keyForTask(taskId)
    // There is none at first of most tasks: one step is enough for those.
    let current: string | undefined
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const replaced = await this.#store.replace(key, current, record, this.#options.expiresSeconds)
      if (replaced.isWritten) return
      current = replaced.found
      if (current !== undefined && !mayReplace(this.#decode(taskId, current).status, status)) return
    }
    throw new BackendStoreError(
      `The state ${status} of task ${taskId} was not stored in ${this.url}: ` +
        `somebody else wrote ${key} between each of ${MAX_ATTEMPTS} reads and writes.`,
    )
  }

  async getTaskMeta(taskId: string): Promise<TaskMeta> {
    return (await this.#read(taskId)).meta
  }

  async *watch(taskId: string, signal?: AbortSignal): AsyncGenerator<TaskMeta, void, undefined> {
    const changes = new TaskChanges((value) => this.#decode(taskId, value))
    const subscription = this.#store.subscribe(this.#keyForTask(taskId), changes)
    try {
      await abortable(subscription.ready, signal) // reading first would miss a change in between
      let last: Snapshot | undefined
      for (;;) {
        const change = last ? await abortable(changes.next(), signal) : UNKNOWN
        const now = change === UNKNOWN ? await abortable(this.#read(taskId), signal) : change
        if (last && last.value === now.value) continue
        last = now
        yield now.meta
        if (READY_STATES.has(now.meta.status)) return
      }
    } finally {
      subscription.end()
    }
  }

  async forget(taskId: string): Promise<void> {
    await this.#store.delete(this.#keyForTask(taskId))
  }

  override async claimKey(key: string, taskId: string, seconds: number): Promise<string> {
    const name = this.#keyForClaim(key)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const replaced = await this.#store.replace(name, undefined, taskId, seconds)
      if (replaced.isWritten) return taskId
      if (replaced.found !== undefined) return replaced.found // else it expired just now
    }
    throw new BackendStoreError(
      `Nobody could claim ${name} in ${this.url}: it came and went ${MAX_ATTEMPTS} times.`,
    )
  }

  override async releaseKey(key: string, taskId: string): Promise<void> {
    const name = this.#keyForClaim(key)
    if ((await this.#store.get(name)) === taskId) await this.#store.delete(name)
  }

  cleanup(): Promise<number> {
    return this.#store.cleanup()
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #keyForGroup(groupId: string): string {
    return `${this.#options.globalKeyprefix}${GROUP_KEYPREFIX}${groupId}`
  }

  #keyForClaim(key: string): string {
    return `${this.#options.globalKeyprefix}${CLAIM_KEYPREFIX}${key}`
  }

  #keyForTask(taskId: string): string {
    return `${this.#options.globalKeyprefix}${TASK_KEYPREFIX}${taskId}`
  }

  async #read(taskId: string): Promise<Snapshot> {
    const value = await this.#store.get(this.#keyForTask(taskId))
    return { value, meta: value === undefined ? pendingMeta(taskId) : this.#decode(taskId, value) }
  }

  #decode(taskId: string, value: string): TaskMeta {
    return decodeRecord(taskId, value, `${this.url} has under ${this.#keyForTask(taskId)}`)
  }
}

/**
 * A late message must not undo what is known: a redelivered task may start while, or after, its first run
 * succeeded, and a PROGRESS may arrive behind the end. Like Celery, a failure gives way to any other end.
 */
function mayReplace(current: State, next: State): boolean {
  if (current === SUCCESS) return false
  return READY_STATES.has(next) || !READY_STATES.has(current)
}
