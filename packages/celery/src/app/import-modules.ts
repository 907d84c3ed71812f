import { resolve } from 'node:path'
import { ImproperlyConfigured } from '../exceptions.ts'
import { warningLogger } from '../logger.ts'
import type { Celery } from './celery.ts'

/** A path that starts with `.` or `/` is one from the working directory; anything else is a package. */
export function importModule(path: string): Promise<unknown> {
  return import(/^[./]/.test(path) ? resolve(path) : path)
}

/**
 * Imports the modules of the settings `imports` and `include`, which register their tasks with the app: in a
 * worker's own process and in each child of its pool.
 */
export async function importModules(app: Celery, further: readonly string[] = []): Promise<void> {
  await app.signals.importModules.send({ app }, warningLogger)
  for (const module of [...app.conf.imports, ...app.conf.include, ...further]) {
    try {
      await importModule(module)
    } catch (cause) {
      throw new ImproperlyConfigured(
        `${module}, named in 'imports' or 'include', cannot be imported: ${String(cause)}`,
        { cause },
      )
    }
  }
}
