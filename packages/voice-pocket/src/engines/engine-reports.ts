import type { EngineReport } from './probe.ts'

export interface EngineReportsOptions {
  probe(): Promise<readonly EngineReport[]>
  /** Told when a later look failed; what was seen before is believed until the next. */
  warn(error: unknown): void
  readonly now?: () => number
}

/** After this long it pays to look whether an engine that was not there has come. */
const LOOK_AGAIN_MS = 60_000

/**
 * What is known of the engines, for those who cannot wait while a model is loaded: the first who asks waits, and
 * everybody after that hears what was seen last. Engines that are there are not looked at again.
 */
export class EngineReports {
  readonly #options: EngineReportsOptions
  readonly #now: () => number
  #seen: { readonly reports: readonly EngineReport[]; readonly at: number } | undefined
  #looking: Promise<readonly EngineReport[]> | undefined

  constructor(options: EngineReportsOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** All engines of the service, in their order. Rejects as the first look does. */
  async all(): Promise<readonly EngineReport[]> {
    if (this.#seen === undefined) return this.#look()
    const { reports, at } = this.#seen
    const isComplete = reports.every(({ available }) => available)
    if (!isComplete && this.#now() - at >= LOOK_AGAIN_MS) this.#look().catch(this.#options.warn)
    return reports
  }

  #look(): Promise<readonly EngineReport[]> {
    this.#looking ??= this.#probe().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #probe(): Promise<readonly EngineReport[]> {
    const reports = await this.#options.probe()
    this.#seen = { reports, at: this.#now() }
    return reports
  }
}
