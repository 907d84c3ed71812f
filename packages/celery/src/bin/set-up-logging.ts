import type { Celery, Logger } from '../index.ts'
import { warningLogger } from '../logger.ts'
import { createLogger } from './log.ts'

/**
 * The log of a program. A receiver of `setup_logging` may give another one (`use`), which takes the place of ours;
 * receivers of `after_setup_logger` may add to it.
 */
export async function setUpLogging(
  { signals }: Celery,
  { loglevel, json = false }: { readonly loglevel: string; readonly json?: boolean | undefined },
  logfile: string | undefined,
): Promise<Logger> {
  const setup = { loglevel, logfile, colorize: logfile === undefined && !json && process.stderr.isTTY }
  let chosen: Logger | undefined
  const use = (logger: Logger) => {
    chosen = logger
  }
  await signals.setupLogging.send({ ...setup, use }, warningLogger)
  if (chosen) return chosen
  const logger = createLogger({ level: loglevel, file: logfile, json })
  await signals.afterSetupLogger.send({ ...setup, logger }, warningLogger)
  return logger
}
