import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { Pool } from './base.ts'
import type { PoolOptions } from './index.ts'

/**
 * A pool of the program's own: `workerPool` (or -P) is the path of a module that exports `createPool(options)`.
 * @throws ImproperlyConfigured when the module cannot be imported, or has no such function
 */
export async function createCustomPool(path: string, options: PoolOptions): Promise<Pool> {
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw new ImproperlyConfigured(`The pool ${path} cannot be imported: ${String(cause)}`, { cause })
  })
  if (typeof module.createPool === 'function') return module.createPool(options)
  throw new ImproperlyConfigured(
    `The module ${path} is no pool: it exports no function 'createPool'. See docs/extending.md.`,
  )
}
