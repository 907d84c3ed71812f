import type { Logger } from '@voice-pocket/celery'
import type { VoicePocket } from '../service.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Starts, then waits for the end: the first SIGINT or SIGTERM stops warm, the second cold, as Celery's workers do. */
export async function untilSignal(
  pocket: VoicePocket,
  logger: Logger,
  start: () => Promise<void>,
): Promise<void> {
  const stopping = Promise.withResolvers<void>()
  let received = 0
  const onSignal = (signal: NodeJS.Signals) => {
    received += 1
    logger.info(
      `${signal}: ${received === 1 ? 'finishing what runs; once more to end at once' : 'ending at once'}`,
    )
    const ending = received === 1 ? pocket.stop() : pocket.terminate()
    ending.then(stopping.resolve, stopping.reject)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await start()
    await Promise.race([pocket.finished, stopping.promise])
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
