/** Exit codes of Celery's command line, which are those of sysexits.h and of Click. */
export const EXIT = { failure: 1, usage: 2, unavailable: 69 } as const

/** A command could not do what it was asked; its message is for the person who asked. */
export class CommandFailed extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failure) {
    super(message)
    this.name = 'CommandFailed'
    this.exitCode = exitCode
  }
}

/** The command line does not make sense. */
export function usageError(message: string): CommandFailed {
  return new CommandFailed(message, EXIT.usage)
}
