/** What this package asks of a logger: pino's own order of arguments, so that a pino logger fits as it is. */
export interface Logger {
  debug(message: string): void
  debug(fields: object, message: string): void
  info(message: string): void
  info(fields: object, message: string): void
  warn(message: string): void
  warn(fields: object, message: string): void
  error(message: string): void
  error(fields: object, message: string): void
}

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Where there is no log, such as in a client or a child: what went wrong becomes a warning of the process. */
export const warningLogger: Logger = {
  debug() {},
  info() {},
  warn: emitWarning,
  error: emitWarning,
}

function emitWarning(first: object | string, message = ''): void {
  const { err } = typeof first === 'string' ? { err: undefined } : (first as { err?: unknown })
  const cause = err instanceof Error ? (err.stack ?? err.message) : String(err)
  process.emitWarning(typeof first === 'string' ? first : `${message}: ${cause}`)
}
