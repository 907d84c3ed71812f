import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { LooseSettings } from './settings.ts'

/**
 * The settings that a module exports: its default export, or else all of its exports.
 * @param path relative to the working directory
 * @throws ImproperlyConfigured when the module cannot be imported
 */
export async function loadSettings(path: string): Promise<LooseSettings> {
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw new ImproperlyConfigured(`The settings module ${path} cannot be imported: ${String(cause)}`, {
      cause,
    })
  })
  return (module.default ?? { ...module }) as LooseSettings
}
