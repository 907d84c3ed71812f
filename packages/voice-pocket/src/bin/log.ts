import { type Logger, pino, stdTimeFunctions } from 'pino'
import pretty from 'pino-pretty'

/** Lines a person can read on a terminal, JSON elsewhere; always on stderr. */
export function createLogger(level: string): Logger {
  const options = { level, timestamp: stdTimeFunctions.isoTime }
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }))
  return pino(options, pretty({ destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }))
}
