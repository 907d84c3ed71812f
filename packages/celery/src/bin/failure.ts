import { KombuError, OperationalError } from '@voice-pocket/kombu'
import { CommanderError } from 'commander'
import { CeleryError } from '../exceptions.ts'

/** Exit codes of Celery's command line, which are those of sysexits.h and of Click. */
export const EXIT = { ok: 0, failure: 1, usage: 2, unavailable: 69 } as const

const UNREACHABLE =
  'Could not connect to the message broker. Please make sure that it is running, and that its URL is right: ' +
  'it is the setting brokerUrl, or what -b gives.'

/** A command could not do what it was asked; its message is for the person who asked. */
export class CommandFailed extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failure, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandFailed'
    this.exitCode = exitCode
  }
}

/** The command line does not make sense. */
export function usageError(message: string, options?: ErrorOptions): CommandFailed {
  return new CommandFailed(message, EXIT.usage, options)
}

/** How a command ended, and what to tell whoever gave it; undefined where that was said already. */
export interface Ending {
  readonly exitCode: number
  readonly message?: string
}

/** What was foreseen is told in a line; a mistake of ours, or of the program's, with its stack. */
export function endingOf(error: unknown): Ending {
  if (error instanceof CommanderError) return { exitCode: isAsked(error) ? EXIT.ok : EXIT.usage }
  if (error instanceof CommandFailed) return { exitCode: error.exitCode, message: error.message }
  if (error instanceof OperationalError)
    return { exitCode: EXIT.unavailable, message: `${UNREACHABLE} Reason: ${error.message}` }
  if (error instanceof CeleryError || error instanceof KombuError)
    return { exitCode: EXIT.failure, message: error.message }
  return { exitCode: EXIT.failure, message: stackOf(error) }
}

/** The stack of an error and of its causes. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? inspected(error) : String(error)
}

function inspected({ stack = '', cause }: Error): string {
  return cause === undefined ? stack : `${stack}\nCaused by: ${stackOf(cause)}`
}

/** The help that somebody asked for is no mistake. */
function isAsked({ code }: CommanderError): boolean {
  return code === 'commander.helpDisplayed' || code === 'commander.version'
}
