import { EngineMissingError } from '../exceptions.ts'
import type { CreateEngine, Engine } from './engine.ts'

/**
 * An engine is a package of its own, loaded by its name when it is wanted: some have other licences than this one,
 * and nobody needs them all.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  espeak: '@voice-pocket/espeak',
}

/** `packages` maps the names of engines to those of their packages. */
export async function loadEngine(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  packages: Readonly<Record<string, string>> = PACKAGES,
): Promise<Engine> {
  const createEngine = await importEngine(name, packageOf(name, packages))
  return createEngine(options)
}

/** Before anything is asked of it: a service without its engine would fail each request, one after the other. */
export function assertInstalled(name: string, packages = PACKAGES): void {
  const packageName = packageOf(name, packages)
  try {
    import.meta.resolve(packageName)
  } catch (cause) {
    throw notInstalled(name, packageName, cause)
  }
}

function packageOf(name: string, packages: Readonly<Record<string, string>>): string {
  const packageName = Object.hasOwn(packages, name) ? packages[name] : undefined
  if (packageName !== undefined) return packageName
  throw new EngineMissingError(
    `There is no engine ${JSON.stringify(name)}; it must be one of ${Object.keys(packages).join(', ')}.`,
  )
}

async function importEngine(name: string, packageName: string): Promise<CreateEngine> {
  let loaded: { readonly createEngine?: unknown }
  try {
    loaded = await import(packageName)
  } catch (cause) {
    if (!isMissing(cause, packageName)) throw cause
    throw notInstalled(name, packageName, cause)
  }
  if (typeof loaded.createEngine === 'function') return loaded.createEngine as CreateEngine
  throw new EngineMissingError(`${packageName} is no engine: it does not export createEngine().`)
}

function notInstalled(name: string, packageName: string, cause: unknown): EngineMissingError {
  return new EngineMissingError(
    `The engine ${JSON.stringify(name)} is not installed. Run: npm install ${packageName}`,
    { cause },
  )
}

/** Also a package that is there may miss one of its own, and then its own message says more. */
function isMissing(error: unknown, packageName: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${packageName}'`)
  )
}
