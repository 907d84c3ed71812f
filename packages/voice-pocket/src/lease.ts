import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Records } from './records.ts'

const leaseSchema = z.object({ holder: z.string(), until: z.number(), endedAt: z.number().optional() })
type LeaseRecord = z.output<typeof leaseSchema>

const DEFAULT_TTL_MS = 60_000

type LeaseRecords = Pick<Records, 'update' | 'now'>

export interface LeaseOptions {
  /** Somebody who does not renew it for so long has lost it. */
  readonly ttlMs?: number
  /** Nobody gets it before so long has passed since it was last given back. */
  readonly restMs?: number
}

/**
 * The right to do something that one process at a time should do. Its holder renews it; one that died loses it after
 * a while, by the clock that all share. A holder may still sleep for so long that it works on without it: the lease saves
 * work, and is no proof. What is done under it must do no harm when it is done twice.
 */
export class Lease implements AsyncDisposable {
  readonly #records: LeaseRecords
  readonly #key: string
  readonly #holder: string
  readonly #lost = new AbortController()
  readonly #timer: NodeJS.Timeout
  #renewing = Promise.resolve()

  /** `undefined` when somebody else has it, or had it just now. */
  static async take(
    records: LeaseRecords,
    name: string,
    { ttlMs = DEFAULT_TTL_MS, restMs = 0 }: LeaseOptions = {},
  ): Promise<Lease | undefined> {
    const key = `lease/${name}`
    const holder = randomUUID()
    const now = await records.now()
    const kept = await records.update(key, (value) => {
      const record = readLease(value)
      return isFree(record, now, restMs) ? { holder, until: now + ttlMs } : record
    })
    return kept?.holder === holder ? new Lease(records, key, holder, ttlMs) : undefined
  }

  private constructor(records: LeaseRecords, key: string, holder: string, ttlMs: number) {
    this.#records = records
    this.#key = key
    this.#holder = holder
    this.#timer = setInterval(() => {
      this.#renewing = this.#renewing.then(() => this.#renew(ttlMs))
    }, ttlMs / 3)
  }

  /** Aborts when it was lost. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** Gives it back. `isDone`: what it is for was done, and the rest begins. */
  async release(isDone: boolean): Promise<void> {
    clearInterval(this.#timer)
    await this.#renewing
    const endedAt = await this.#records.now()
    await this.#records.update(this.#key, (value) => {
      const record = readLease(value)
      if (record?.holder !== this.#holder) return record
      return { holder: '', until: 0, ...(isDone && { endedAt }) }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release(false)
  }

  async #renew(ttlMs: number): Promise<void> {
    try {
      const until = (await this.#records.now()) + ttlMs
      const kept = await this.#records.update(this.#key, (value) => {
        const record = readLease(value)
        return record?.holder === this.#holder ? { ...record, until } : record
      })
      if (kept?.holder !== this.#holder) this.#lost.abort(new Error('The lease was lost to another process.'))
    } catch (error) {
      this.#lost.abort(error)
    }
  }
}

function isFree(record: LeaseRecord | undefined, now: number, restMs: number): boolean {
  if (record === undefined) return true
  return record.until <= now && (record.endedAt ?? Number.NEGATIVE_INFINITY) + restMs <= now
}

/** What cannot be read was left by another version, and binds nobody. */
function readLease(value: unknown): LeaseRecord | undefined {
  return leaseSchema.safeParse(value).data
}
