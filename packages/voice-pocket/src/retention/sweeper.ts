import type { Logger } from '@voice-pocket/celery'
import { Lease } from '../lease.ts'
import type { Records } from '../records.ts'
import { forgetPart } from '../speech/part-cache.ts'
import type { Storage } from '../storage/storage.ts'
import type { RetentionPolicy } from './policy.ts'
import { type Swept, sweep } from './sweep.ts'

export const SWEEP_LEASE = 'sweep'

export interface SweeperOptions {
  readonly storage: Pick<Storage, 'list' | 'stat' | 'delete'>
  readonly policy: RetentionPolicy
  readonly records: Pick<Records, 'update' | 'now'>
  readonly intervalMs: number
  readonly logger: Logger
}

/**
 * Sweeps the storage from time to time. Every worker has one of these; of all of them one does it, once in each
 * interval, and another the next time if that one is gone.
 */
export class Sweeper implements AsyncDisposable {
  readonly #options: SweeperOptions
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #turn = Promise.resolve()

  constructor(options: SweeperOptions) {
    this.#options = options
  }

  /** The first time at once, if it is time. */
  start(): void {
    this.#take()
    this.#timer = setInterval(() => this.#take(), this.#options.intervalMs)
  }

  /** A sweep in the middle ends early; the next one finds what it left. Twice is fine, and before start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort()
    await this.#turn
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #take(): void {
    this.#turn = this.#turn.then(() => this.#takeTurn())
  }

  async #takeTurn(): Promise<void> {
    const { logger } = this.#options
    if (this.#stopping.signal.aborted) return
    try {
      await this.#sweepIfDue()
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        logger.warn({ err: error }, 'the storage was not swept; later again')
    }
  }

  async #sweepIfDue(): Promise<void> {
    const { records, storage, policy, intervalMs, logger } = this.#options
    // A timer may be early by a little; a turn must not be lost by that.
    const lease = await Lease.take(records, SWEEP_LEASE, { restMs: intervalMs * 0.9 })
    if (lease === undefined) return
    let isDone = false
    try {
      const signal = AbortSignal.any([this.#stopping.signal, lease.signal])
      const retentionOf = await policy.byFolder()
      const now = new Date(await records.now())
      const onCachedDeleted = (key: string) => forgetPart(records, key)
      const onSwept = (swept: Swept) => logSwept(swept, logger)
      await sweep(storage, { retentionOf, now, signal, onCachedDeleted, onSwept })
      isDone = true
    } finally {
      await lease.release(isDone)
    }
  }
}

function logSwept({ folder, files, bytes, failures }: Swept, logger: Logger): void {
  const owner = folder.slice(0, -1)
  if (files > 0) {
    logger.info({ owner, files, bytes }, `deleted old speech of ${owner}: ${files} files, ${bytes} bytes`)
  }
  const [err] = failures
  if (err) {
    logger.warn(
      { owner, err },
      `old speech of ${owner} could not be deleted: ${failures.length}; later again`,
    )
  }
}
