import { setTimeout as sleep } from 'node:timers/promises'
import { StartStopStep } from '../../bootsteps.ts'
import { Connection } from './connection.ts'
import type { Consumer } from './consumer.ts'

/** A worker that leaves waits no longer than this for a broker to take its last events. */
const LAST_WORDS_MS = 1000

/**
 * The worker's events. What sends them outlives connections: which groups a monitor asked for is not forgotten, and
 * what was said while the broker was away is sent when it is back.
 */
export class Events extends StartStopStep<Consumer> {
  static override readonly requires = [Connection]

  override async start(): Promise<void> {}

  override async stop(parent: Consumer): Promise<void> {
    if (!parent.isStopping) return
    const waited = new AbortController()
    const patience = sleep(LAST_WORDS_MS, undefined, { signal: waited.signal }).catch(() => {})
    await Promise.race([parent.parts.events.close(), patience])
    waited.abort()
  }
}
