import type { Sandbox } from './sandbox.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Something a test needs on the machine besides Node. */
export interface Service {
  /** Debian's names of what has to be installed before `start` can succeed; empty when all is there. */
  missingPackages(environment: Environment): Promise<readonly string[]>
  /** Resolves when it can be used, with the variables that tell the tests where it is. */
  start(sandbox: Sandbox, environment: Environment, signal: AbortSignal): Promise<Environment>
}

/** Nothing was run; the message says what to do about it. */
export class ServiceError extends Error {
  override name = 'ServiceError'
}
