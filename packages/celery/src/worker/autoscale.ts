import type { Pool } from '../concurrency/base.ts'
import type { Logger } from '../logger.ts'

/** The bounds between which the size of a pool follows the demand. */
export interface AutoscaleRange {
  readonly max: number
  readonly min: number
}

export interface AutoscalerParts extends AutoscaleRange {
  readonly pool: Pool
  /** Milliseconds for which a pool that grew stays so. */
  readonly keepaliveMs: number
  /** How many tasks are here, running or about to. */
  readonly demand: () => number
  readonly logger: Logger
}

/** As `inspect stats` shows it. */
export interface AutoscalerInfo extends AutoscaleRange {
  readonly current: number
  readonly qty: number
}

/**
 * Grows the pool at once when there is more to do than slots, and shrinks it when there is less, though not before
 * `keepaliveMs` after it grew (`celery/worker/autoscale.py`). A program's own one, named by `workerAutoscaler`,
 * extends it and overrides `maybeScale`.
 */
export class Autoscaler {
  protected readonly parts: AutoscalerParts
  #range: AutoscaleRange
  #grewAt: number | undefined

  constructor(parts: AutoscalerParts) {
    this.parts = parts
    this.#range = checkedRange(parts)
  }

  get max(): number {
    return this.#range.max
  }

  get min(): number {
    return this.#range.min
  }

  get info(): AutoscalerInfo {
    return { max: this.max, min: this.min, current: this.parts.pool.limit, qty: this.parts.demand() }
  }

  /** Called when a task comes, and every `keepaliveMs`. */
  maybeScale(): void {
    const { pool, demand, keepaliveMs } = this.parts
    const wanted = Math.max(this.min, Math.min(this.max, demand()))
    if (wanted > pool.limit) {
      this.#grewAt = performance.now()
      this.scaleTo(wanted)
    } else if (wanted < pool.limit && this.#grewAt !== undefined) {
      if (performance.now() - this.#grewAt > keepaliveMs) this.scaleTo(wanted)
    }
  }

  /** Other bounds from now on. @throws RangeError for some that cannot be; then nothing has changed */
  update({ max = this.max, min = this.min }: Partial<AutoscaleRange>): AutoscaleRange {
    this.#range = checkedRange({ max, min })
    const size = Math.max(min, Math.min(max, this.parts.pool.limit))
    if (size !== this.parts.pool.limit) this.scaleTo(size)
    return this.#range
  }

  protected scaleTo(size: number): void {
    const { pool, logger } = this.parts
    const by = size - pool.limit
    logger.info(`Scaling ${by > 0 ? 'up' : 'down'} ${Math.abs(by)} processes.`)
    pool.resize(size)
  }
}

function checkedRange({ max, min }: AutoscaleRange): AutoscaleRange {
  if (Number.isInteger(max) && Number.isInteger(min) && min >= 0 && max >= Math.max(1, min))
    return { max, min }
  throw new RangeError(
    `A pool cannot scale between ${min} and ${max}: both are whole numbers, the smaller one 0 or more, the larger one 1 or more.`,
  )
}
