import { QuotaExceededError } from '../exceptions.ts'
import type { Records } from '../records.ts'
import type { Quota, QuotaUnit } from './quota.ts'

/** How one quota stands after it was drawn on. */
export interface Standing {
  readonly quota: Quota
  readonly remaining: number
  readonly resetsInSeconds: number
}

/**
 * What one request draws on the quotas of its caller. All processes count in the same records, in one step each, so
 * together they never grant more than there is.
 */
export class Meter {
  readonly quotas: readonly Quota[]
  readonly #records: Pick<Records, 'countUpTo' | 'uncount'>
  readonly #callerId: string
  readonly #standings = new Map<Quota, Standing>()

  constructor(records: Pick<Records, 'countUpTo' | 'uncount'>, callerId: string, quotas: readonly Quota[]) {
    this.#records = records
    this.#callerId = callerId
    this.quotas = quotas
  }

  /** Those drawn on so far. */
  get standings(): readonly Standing[] {
    return [...this.#standings.values()]
  }

  /** Rejects QuotaExceededError: the quota that was too small is as it was before. */
  async spend(unit: QuotaUnit, amount: number): Promise<void> {
    for (const quota of this.quotas.filter((each) => each.unit === unit)) await this.#draw(quota, amount)
  }

  /** What was spent in vain. */
  async giveBack(unit: QuotaUnit, amount: number): Promise<void> {
    for (const quota of this.quotas.filter((each) => each.unit === unit)) {
      const total = await this.#records.uncount(this.#keyOf(quota), amount)
      const standing = this.#standings.get(quota)
      if (standing) this.#standings.set(quota, { ...standing, remaining: quota.limit - total })
    }
  }

  async #draw(quota: Quota, amount: number): Promise<void> {
    const { unit, limit, windowSeconds } = quota
    const { total, resetsInMs, counted } = await this.#records.countUpTo(
      this.#keyOf(quota),
      amount,
      windowSeconds * 1000,
      limit,
    )
    const resetsInSeconds = Math.max(1, Math.ceil(resetsInMs / 1000))
    const remaining = Math.max(0, limit - total)
    this.#standings.set(quota, { quota, remaining, resetsInSeconds })
    if (counted) return
    throw new QuotaExceededError(
      `${this.#callerId} has ${remaining} of ${limit} ${unit} left, and this takes ${amount}; ` +
        (amount > limit ? 'send less at once.' : `try again in ${resetsInSeconds} seconds.`),
      { retryAfterSeconds: resetsInSeconds },
    )
  }

  #keyOf({ unit, windowSeconds }: Quota): string {
    return `quota/${this.#callerId}/${unit}/${windowSeconds}`
  }
}
