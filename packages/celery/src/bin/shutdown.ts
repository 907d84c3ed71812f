import type { Logger } from '../logger.ts'
import type { WorkController } from '../worker/worker.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Runs a worker until it is over. The first SIGINT or SIGTERM is the warm shutdown (finish what runs, then go),
 * the second one the cold shutdown (end what runs; what was not acknowledged is delivered again), and the third
 * one leaves at once. Says how it ended.
 */
export async function runUntilSignal(worker: WorkController, logger: Logger): Promise<'warm' | 'cold'> {
  let received = 0
  const onSignal = (signal: NodeJS.Signals) => {
    received += 1
    if (received > 2) process.exit(1)
    const ending = received === 1 ? worker.stop() : worker.terminate()
    logger.warn(`${signal}: ${received === 1 ? 'warm shutdown, once more for a cold one' : 'cold shutdown'}`)
    ending.catch((error: unknown) => logger.error({ err: error }, 'The shutdown failed'))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await worker.start()
    if (received === 0) logger.info(`${worker.hostname} ready.`)
    await worker.finished
    return received > 1 ? 'cold' : 'warm'
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
