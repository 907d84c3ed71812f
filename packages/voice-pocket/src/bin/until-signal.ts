import type { Logger } from '@voice-pocket/celery'
import type { VoicePocket } from '../service.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Starts, then waits for the end: the first SIGINT or SIGTERM stops warm, the second cold and with exit code 1, as
 * Celery's workers do. `start` is told by its signal when it need not go on.
 */
export async function untilSignal(
  pocket: VoicePocket,
  logger: Logger,
  start: (stopping: AbortSignal) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController()
  const stopped = Promise.withResolvers<void>()
  let received = 0
  const onSignal = (signal: NodeJS.Signals) => {
    received += 1
    logger.info(
      `${signal}: ${received === 1 ? 'finishing what runs; once more to end at once' : 'ending at once'}`,
    )
    stopping.abort()
    if (received > 1) process.exitCode = 1
    const ending = received === 1 ? pocket.stop() : pocket.terminate()
    ending.then(stopped.resolve, stopped.reject)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await start(stopping.signal)
    await Promise.race([pocket.finished, stopped.promise])
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
