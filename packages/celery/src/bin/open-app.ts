import { findApp } from '../app/find-app.ts'
import { loadSettings } from '../app/load-settings.ts'
import type { LooseSettings } from '../app/settings.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { Celery } from '../index.ts'
import { usageError } from './failure.ts'

/** The options that every command takes, before its name or after it. */
export interface GlobalOptions {
  /** Path of the module that exports the app. */
  readonly app?: string
  readonly broker?: string
  readonly resultBackend?: string
  /** Path of a module that exports settings. */
  readonly config?: string
  readonly workdir?: string
  /** False with `--no-color`. */
  readonly color?: boolean
  readonly quiet?: boolean
}

export interface OpenedApp {
  readonly app: Celery
  /** Its path, for the children of a pool. */
  readonly appModule: string
  /** Those of the command line, which are in the app already. */
  readonly settings: LooseSettings
}

/** @param ofCommand settings that the command's own options are */
export async function openApp(options: GlobalOptions, ofCommand: LooseSettings = {}): Promise<OpenedApp> {
  const { app: appModule } = options
  if (appModule === undefined)
    throw usageError(
      "No app was given. Name the module that exports it, such as 'celery -A ./app.ts worker'.",
    )
  const app = await orUsageError(findApp(appModule))
  const settings: LooseSettings = {
    ...(options.config && (await orUsageError(loadSettings(options.config)))),
    ...ofCommand,
    ...(options.broker && { brokerUrl: options.broker }),
    ...(options.resultBackend && { resultBackend: options.resultBackend }),
  }
  return { app: app.configFromObject(settings), appModule, settings }
}

/** What cannot be loaded was named wrongly, as far as Celery's command line is concerned. */
async function orUsageError<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading
  } catch (cause) {
    if (cause instanceof ImproperlyConfigured) throw usageError(cause.message, { cause })
    throw cause
  }
}
