import { EngineUnavailableError } from '../exceptions.ts'
import type { Watchdog } from './watchdog.ts'

export interface Limit {
  readonly watchdog: Watchdog
  readonly engine: string
  /** As in "did not finish loading". */
  readonly work: string
  readonly limitMs: number
}

/**
 * Waits for what an engine does that cannot be told to stop. What takes longer than this is not waited for any more:
 * EngineUnavailableError. When it holds the thread meanwhile, the watchdog ends the process.
 */
export async function withinLimit<Result>(limit: Limit, begin: () => Promise<Result>): Promise<Result> {
  const { watchdog, engine, work, limitMs } = limit
  using _watched = watchdog.watch(engine, limitMs, work)
  const late = Promise.withResolvers<never>()
  const detail = `The engine ${engine} did not finish ${work} within ${limitMs / 1000} s.`
  const timer = setTimeout(() => late.reject(new EngineUnavailableError(detail)), limitMs)
  try {
    return await Promise.race([begin(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
