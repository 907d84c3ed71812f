import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ImproperlyConfigured } from '../exceptions.ts'
import { Celery } from './celery.ts'

/**
 * The app that a module exports: the one that is named (`./app.ts:name`), or else `app`, `celery`, the default export,
 * or the only Celery there is.
 * @throws ImproperlyConfigured when the module cannot be imported or exports no app.
 */
export async function findApp(modulePath: string): Promise<Celery> {
  const [, file = modulePath, chosen] = /^(.*\.[cm]?[jt]s):(\w+)$/.exec(modulePath) ?? []
  const path = resolve(file)
  const module = await importModule(path)
  if (chosen !== undefined) return named(chosen, module, path)
  for (const name of ['app', 'celery', 'default']) {
    if (module[name] instanceof Celery) return module[name]
  }
  const apps = Object.values(module).filter((value) => value instanceof Celery)
  if (apps.length === 1) return apps[0] as Celery
  const found = apps.length === 0 ? 'no Celery app' : `${apps.length} Celery apps`
  throw new ImproperlyConfigured(`${path} exports ${found}. Export the one to use as 'app'.`)
}

function named(name: string, module: Record<string, unknown>, path: string): Celery {
  const found = module[name]
  if (found instanceof Celery) return found
  const apps = Object.keys(module).filter((key) => module[key] instanceof Celery)
  const others = apps.length > 0 ? ` It exports these: ${apps.join(', ')}.` : ''
  throw new ImproperlyConfigured(`${path} exports no Celery app '${name}'.${others}`)
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (cause) {
    throw new ImproperlyConfigured(`The app's module ${path} cannot be imported: ${String(cause)}`, { cause })
  }
}
