/**
 * The caller's own uuid → the task that serves it. One uuid has one task, however often and however many times at
 * once it is asked for, in however many processes; that promise is kept here, over three primitives of a store.
 */
import { randomUUID } from 'node:crypto'

/** `'claimed'`: the caller alone may start the task now. `'busy'`: somebody else is starting it. */
export type Claim = 'claimed' | 'busy' | { readonly taskId: string }

/** Whose a request is: who asked, and whose voice speaks. */
export interface Parties {
  readonly requestFrom: string
  readonly requestTo: string
}

/** What a driver writes: redis.ts keeps it in keys, sqlite.ts in tables. */
export interface IndexStore {
  get(uuid: string): Promise<string | undefined>
  parties(uuid: string): Promise<Parties | undefined>
  /** In one atomic step: the task id that is stored, or else a claim under this token that ends by itself. */
  claim(uuid: string, token: string, milliseconds: number): Promise<Claim>
  /**
   * In one atomic step: stores the task id, if there is one, and whose it is, and ends the claim, if it still has
   * this token.
   */
  settle(uuid: string, token: string, taskId: string | undefined, parties?: Parties): Promise<void>
  /** Resolves when the claim of somebody else may have ended, and after a while anyhow. */
  waitForSettlement(uuid: string): Promise<void>
  close(): Promise<void>
}

export interface IndexEntry {
  readonly task_id: string
}

/**
 * How long a process that died while starting a task keeps others from starting it. Longer than any publish takes
 * on a healthy broker. If it runs out while the starter still lives, two start the same task: ids come from
 * `taskIdFor(uuid)`, so it is still one task.
 */
const CLAIM_MS = 10_000

export class SpeechIndex {
  readonly #store: IndexStore

  constructor(store: IndexStore) {
    this.#store = store
  }

  async get(uuid: string): Promise<IndexEntry | undefined> {
    const taskId = await this.#store.get(uuid)
    return taskId === undefined ? undefined : { task_id: taskId }
  }

  /** Whose it is; `undefined` for an entry that another program wrote, which has the task id alone. */
  parties(uuid: string): Promise<Parties | undefined> {
    return this.#store.parties(uuid)
  }

  /**
   * The task of this uuid, started now unless it was before. When `start` fails nothing is stored, the error goes to
   * the caller, and the next call starts it. When this process dies after `start`, the next call starts it again.
   */
  async once(
    uuid: string,
    start: () => Promise<string>,
    parties?: Parties,
  ): Promise<{ taskId: string; created: boolean }> {
    const token = randomUUID()
    let claim = await this.#store.claim(uuid, token, CLAIM_MS)
    while (claim === 'busy') {
      await this.#store.waitForSettlement(uuid)
      claim = await this.#store.claim(uuid, token, CLAIM_MS)
    }
    if (claim !== 'claimed') return { taskId: claim.taskId, created: false }
    let taskId: string | undefined
    try {
      taskId = await start()
    } finally {
      await this.#store.settle(uuid, token, taskId, parties)
    }
    return { taskId, created: true }
  }

  /** Writes and takes back; rejects when the store cannot be used. */
  async check(): Promise<void> {
    const [uuid, token] = [randomUUID(), randomUUID()]
    await this.#store.claim(uuid, token, CLAIM_MS)
    await this.#store.settle(uuid, token, undefined)
  }

  /** Twice is fine. */
  close(): Promise<void> {
    return this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

export interface IndexOptions {
  /** Seconds until a uuid is forgotten; 0 keeps it for ever. */
  readonly expires: number
  /** A connection was lost; the driver makes a new one by itself. */
  onConnectionError(error: Error): void
  onConnected?(): void
}

/** Resolves when the store answers. */
export async function openSpeechIndex(url: string, options: IndexOptions): Promise<SpeechIndex> {
  if (/^rediss?:/i.test(url)) {
    const { RedisIndexStore } = await import('./speech-index/redis.ts')
    return new SpeechIndex(await RedisIndexStore.open(url, options))
  }
  const { SqliteIndexStore } = await import('./speech-index/sqlite.ts')
  return new SpeechIndex(new SqliteIndexStore(url, options))
}
