import { type Logger, pino, stdTimeFunctions } from 'pino'
import pretty from 'pino-pretty'

/** Celery's names of the levels, which are Python's. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical', 'fatal']

const PINO_LEVELS: Readonly<Record<string, string>> = { warning: 'warn', critical: 'fatal' }

/** Lines a person can read on a terminal, JSON elsewhere; stderr unless a file is given. */
export function createLogger({ level, file }: { level: string; file?: string | undefined }): Logger {
  const options = { level: PINO_LEVELS[level] ?? level, timestamp: stdTimeFunctions.isoTime }
  if (file === undefined && process.stderr.isTTY) {
    return pino(options, pretty({ destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }))
  }
  return pino(options, pino.destination({ dest: file ?? 2, sync: true, mkdir: true }))
}
