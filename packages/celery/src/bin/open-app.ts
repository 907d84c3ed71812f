import { findApp } from '../app/find-app.ts'
import type { LooseSettings } from '../app/settings.ts'
import type { Celery } from '../index.ts'

/** The options that every command takes, before its name. */
export interface GlobalOptions {
  /** Path of the module that exports the app. */
  readonly app: string
  readonly broker?: string
  readonly resultBackend?: string
}

/** The app a command was given, and the settings of the command line, which are in it already: `ofCommand` are its own. */
export async function openApp(
  options: GlobalOptions,
  ofCommand: LooseSettings = {},
): Promise<{ app: Celery; settings: LooseSettings }> {
  const settings: LooseSettings = {
    ...ofCommand,
    ...(options.broker && { brokerUrl: options.broker }),
    ...(options.resultBackend && { resultBackend: options.resultBackend }),
  }
  return { app: (await findApp(options.app)).configFromObject(settings), settings }
}
