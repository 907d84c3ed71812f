import { InvalidArgumentError, Option } from 'commander'
import { type Logger, pino, stdTimeFunctions } from 'pino'
import pretty from 'pino-pretty'

/** Celery's names of the levels, which are Python's. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical', 'fatal']

/** `-l`, in any case of letters: Python's own names are in capitals. */
export function loglevelOption(): Option {
  return new Option('-l, --loglevel <level>', 'what to log')
    .choices(LOG_LEVELS)
    .argParser(logLevel)
    .default('warning')
}

/** Of programs that run until they are stopped: all that they have to say is their log. */
export function jsonLogOption(): Option {
  return new Option('-j, --json', 'write the log as JSON also to a terminal, and no banner')
}

function logLevel(value: string): string {
  const level = value.toLowerCase()
  if (LOG_LEVELS.includes(level)) return level
  throw new InvalidArgumentError(`Allowed choices are ${LOG_LEVELS.join(', ')}.`)
}

const PINO_LEVELS: Readonly<Record<string, string>> = { warning: 'warn', critical: 'fatal' }

export interface LogOptions {
  readonly level: string
  readonly file?: string | undefined
  /** Also on a terminal. */
  readonly json?: boolean | undefined
}

/** Lines a person can read on a terminal, JSON elsewhere; stderr unless a file is given. */
export function createLogger({ level, file, json = false }: LogOptions): Logger {
  const options = { level: PINO_LEVELS[level] ?? level, timestamp: stdTimeFunctions.isoTime }
  if (file === undefined && !json && process.stderr.isTTY) {
    return pino(options, pretty({ destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }))
  }
  return pino(options, pino.destination({ dest: file ?? 2, sync: true, mkdir: true }))
}
