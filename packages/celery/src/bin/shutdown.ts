import type { Logger } from '../logger.ts'
import type { WorkController } from '../worker/worker.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Runs a worker until it is over. The first SIGINT or SIGTERM is the warm shutdown (finish what runs, then go),
 * the second one the cold shutdown (end what runs; what was not acknowledged is delivered again).
 */
export async function runUntilSignal(worker: WorkController, logger: Logger): Promise<void> {
  let received = 0
  const onSignal = (signal: NodeJS.Signals) => {
    received += 1
    const ending = received === 1 ? worker.stop() : worker.terminate()
    logger.warn(`${signal}: ${received === 1 ? 'warm shutdown, once more for a cold one' : 'cold shutdown'}`)
    ending.catch((error: unknown) => logger.error({ err: error }, 'The shutdown failed'))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await worker.start()
    logger.info(`${worker.hostname} ready.`)
    await worker.finished
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
