import type { EngineReport } from './probe.ts'

export interface EngineReportsOptions {
  /** Of these engines; of all, in their order, when none are named. */
  probe(names?: readonly string[]): Promise<readonly EngineReport[]>
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

  /**
   * All engines of the service, in their order. Those that are not there are looked at again when the last look is
   * older. Rejects as the first look does.
   */
  async all(lookAgainMs = LOOK_AGAIN_MS): Promise<readonly EngineReport[]> {
    if (this.#seen === undefined) return this.#look([])
    const { reports, at } = this.#seen
    const missing = reports.filter(({ available }) => !available)
    if (missing.length > 0 && this.#now() - at >= lookAgainMs) this.#look(missing).catch(this.#options.warn)
    return reports
  }

  #look(missing: readonly EngineReport[]): Promise<readonly EngineReport[]> {
    this.#looking ??= this.#probe(missing.map(({ name }) => name)).finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #probe(missing: readonly string[]): Promise<readonly EngineReport[]> {
    const seen = this.#seen?.reports
    const found = await this.#options.probe(seen && missing)
    const reports = seen?.map((known) => found.find(({ name }) => name === known.name) ?? known) ?? found
    this.#seen = { reports, at: this.#now() }
    return reports
  }
}
