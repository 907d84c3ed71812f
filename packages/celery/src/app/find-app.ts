import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ImproperlyConfigured } from '../exceptions.ts'
import { Celery } from './celery.ts'

/**
 * The app that a module exports: as `app`, `celery`, the default export, or else the only Celery there is.
 * @throws ImproperlyConfigured when the module cannot be imported or exports no app.
 */
export async function findApp(modulePath: string): Promise<Celery> {
  const path = resolve(modulePath)
  const module = await importModule(path)
  for (const name of ['app', 'celery', 'default']) {
    if (module[name] instanceof Celery) return module[name]
  }
  const apps = Object.values(module).filter((value) => value instanceof Celery)
  if (apps.length === 1) return apps[0] as Celery
  const found = apps.length === 0 ? 'no Celery app' : `${apps.length} Celery apps`
  throw new ImproperlyConfigured(`${path} exports ${found}. Export the one to use as 'app'.`)
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (cause) {
    throw new ImproperlyConfigured(`The app's module ${path} cannot be imported: ${String(cause)}`, { cause })
  }
}
