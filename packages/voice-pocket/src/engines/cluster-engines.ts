import type { Logger } from '@voice-pocket/celery'
import * as z from 'zod'
import type { Config } from '../config.ts'
import { RecordsUnavailableError } from '../exceptions.ts'
import type { Records } from '../records.ts'
import { EngineReports } from './engine-reports.ts'
import { type EngineReport, probeEngines } from './probe.ts'

/** What a worker said of its engines, under its name. */
const PREFIX = 'engines/'
/** A worker says again what it has; who has been silent for three times as long is believed to be gone. */
const SAY_EVERY_MS = 60_000
const BELIEVED_MS = 3 * SAY_EVERY_MS
/** A worker that nobody asks has no reason to look more often whether an engine that was not there has come. */
const LOOK_AGAIN_MS = 10 * 60_000
/** To look at an engine, all of it is loaded once: what a worker begins with goes first. */
const SAY_FIRST_MS = 10_000
/** What workers left that were killed is cleared away by others. */
const FORGET_MS = 60 * 60 * 1000

const bulletinSchema = z.object({
  /** By the clock of the records. */
  at: z.number(),
  reports: z.array(z.custom<EngineReport>((value) => typeof value === 'object' && value !== null)),
})
type Bulletin = z.output<typeof bulletinSchema>

export interface ClusterEnginesOptions {
  readonly records: Pick<Records, 'list' | 'update' | 'now'>
  /** What this process sees. */
  readonly own: Pick<EngineReports, 'all'>
  readonly warn: (error: unknown) => void
  readonly sayFirstMs?: number
}

/**
 * Which engines the service has, whichever of its machines is asked: every worker says on record what it has, and
 * whoever answers callers tells what they have together. Before any has said so, it is what this process sees itself.
 */
export class ClusterEngines implements AsyncDisposable {
  readonly #options: Required<ClusterEnginesOptions>
  /** Under which the worker of this process is known, if it has one. */
  #node: string | undefined
  #timer: NodeJS.Timeout | undefined
  #writing = Promise.resolve()

  constructor(options: ClusterEnginesOptions) {
    this.#options = { sayFirstMs: SAY_FIRST_MS, ...options }
  }

  /** From now on this process is a worker, and says so until it is closed. */
  startSaying(node: string): void {
    this.#node = node
    this.#sayIn(this.#options.sayFirstMs)
  }

  /** In the order in which a worker tries them; those that only others have behind. */
  async all(): Promise<readonly EngineReport[]> {
    const { own } = this.#options
    const others = await this.#others()
    if (this.#node !== undefined) return together([await own.all(), ...others])
    return others.length === 0 ? own.all() : together(others)
  }

  /** The worker is no more. A look that has begun is not waited for. Twice is fine. */
  async close(): Promise<void> {
    const node = this.#node
    clearTimeout(this.#timer)
    this.#node = undefined
    await this.#writing
    if (node !== undefined) await this.#write(PREFIX + node, undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #sayIn(ms: number): void {
    this.#timer = setTimeout(() => void this.#say(), ms).unref()
  }

  async #say(): Promise<void> {
    const { own, records, warn } = this.#options
    try {
      const reports = await own.all(LOOK_AGAIN_MS)
      const at = await records.now()
      if (this.#node === undefined) return
      this.#writing = this.#write(PREFIX + this.#node, { at, reports: [...reports] })
      await this.#writing
    } catch (error) {
      warn(error)
    }
    if (this.#node !== undefined) this.#sayIn(SAY_EVERY_MS)
  }

  /** And clears away what others have left. Records that are away are told of, and stop nothing. */
  async #write(key: string, bulletin: Bulletin | undefined): Promise<void> {
    const { records, warn } = this.#options
    try {
      await records.update(key, () => bulletin)
      const now = await records.now()
      for (const { key, value } of await records.list(PREFIX)) {
        const at = bulletinSchema.safeParse(value).data?.at ?? 0
        if (now - at > FORGET_MS) await records.update(key, () => undefined)
      }
    } catch (error) {
      if (!(error instanceof RecordsUnavailableError)) throw error
      warn(error)
    }
  }

  /** Of the other workers. Records that are away tell nothing, and what this process sees is better than nothing. */
  async #others(): Promise<(readonly EngineReport[])[]> {
    const { records, warn } = this.#options
    try {
      const [said, now] = await Promise.all([records.list(PREFIX), records.now()])
      return said
        .filter(({ key }) => key !== PREFIX + this.#node)
        .map(({ value }) => bulletinSchema.safeParse(value).data)
        .filter((bulletin) => bulletin !== undefined && now - bulletin.at < BELIEVED_MS)
        .map((bulletin) => (bulletin as Bulletin).reports)
    } catch (error) {
      if (!(error instanceof RecordsUnavailableError)) throw error
      warn(error)
      return []
    }
  }
}

/** As this process is configured. */
export function openClusterEngines(config: Config, records: Records, logger: Logger): ClusterEngines {
  const warn = (error: unknown) => logger.warn({ err: error }, 'the engines were not looked at')
  return new ClusterEngines({
    records,
    own: new EngineReports({ probe: (names) => probeEngines(config, { names }), warn }),
    warn,
  })
}

/** An engine is there when some worker has it. */
function together(workers: readonly (readonly EngineReport[])[]): EngineReport[] {
  const byName = Map.groupBy(workers.flat(), ({ name }) => name)
  return [...byName.values()].map((reports) => {
    const having = reports.filter(({ available }) => available)
    const [told] = having.length > 0 ? having : reports
    return { ...(told as EngineReport), workers: having.length }
  })
}
