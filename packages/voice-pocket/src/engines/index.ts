import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Logger } from '@voice-pocket/celery'
import { EngineMissingError } from '../exceptions.ts'
import type { CreateEngine, Engine } from './engine.ts'

type Options = Readonly<Record<string, unknown>>

/** Engines that need nothing besides this package, or load what they need themselves. */
const BUILT_IN: Readonly<Record<string, () => Promise<object>>> = {
  celery: () => import('./celery/engine.ts'),
  openai: () => import('./openai/engine.ts'),
  sherpa: () => import('./sherpa/engine.ts'),
}

/** What they load themselves, and what is not installed unless somebody wants it. */
const LIBRARIES: Readonly<Record<string, string>> = { sherpa: 'sherpa-onnx-node' }

/**
 * Other engines are packages of their own, loaded by their name when they are wanted: some have other licences than
 * this one, and nobody needs them all.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  espeak: '@voice-pocket/espeak',
}

/** `source` is the name of an engine of ours, a scoped package such as `@acme/engine`, or a path such as `./engine.js`. */
export async function loadEngine(
  source: string,
  options: Options = {},
  packages = PACKAGES,
): Promise<Engine> {
  const createEngine = await importEngine(source, packages)
  return createEngine(options)
}

/**
 * Before anything is asked of them: a service without any engine would fail each request, one after the other. Those
 * that are missing beside others are told of.
 */
export function assertInstalled(
  plans: readonly { readonly source: string }[],
  logger: Pick<Logger, 'warn'>,
  packages = PACKAGES,
): void {
  const missing: EngineMissingError[] = []
  for (const { source } of plans) {
    try {
      resolveSource(source, packages)
    } catch (error) {
      if (!(error instanceof EngineMissingError)) throw error
      missing.push(error)
    }
  }
  if (missing.length === plans.length && missing[0]) throw missing[0]
  for (const { message } of missing) logger.warn(message)
}

function resolveSource(source: string, packages: Readonly<Record<string, string>>): void {
  const library = Object.hasOwn(LIBRARIES, source) ? LIBRARIES[source] : undefined
  if (library === undefined && Object.hasOwn(BUILT_IN, source)) return
  const specifier = library ?? specifierOf(source, packages)
  try {
    import.meta.resolve(specifier)
  } catch (cause) {
    throw notInstalled(source, specifier, cause)
  }
}

function specifierOf(source: string, packages: Readonly<Record<string, string>>): string {
  const packageName = Object.hasOwn(packages, source) ? packages[source] : undefined
  if (packageName !== undefined) return packageName
  if (/^(\.{0,2}\/|[a-z]:[\\/])/i.test(source)) return pathToFileURL(resolve(source)).href
  if (source.startsWith('@')) return source
  const names = [...Object.keys(packages), ...Object.keys(BUILT_IN)]
  throw new EngineMissingError(
    `There is no engine ${JSON.stringify(source)}; it must be one of ${names.join(', ')}, ` +
      `a scoped package (@acme/engine) or a path (./engine.js).`,
  )
}

async function importEngine(
  source: string,
  packages: Readonly<Record<string, string>>,
): Promise<CreateEngine> {
  const builtIn = Object.hasOwn(BUILT_IN, source) ? BUILT_IN[source] : undefined
  const loaded: { readonly createEngine?: unknown } = builtIn
    ? await builtIn()
    : await importSource(source, specifierOf(source, packages))
  if (typeof loaded.createEngine === 'function') return loaded.createEngine as CreateEngine
  throw new EngineMissingError(
    `${specifierOf(source, packages)} is no engine: it does not export createEngine().`,
  )
}

async function importSource(source: string, specifier: string): Promise<object> {
  try {
    return await import(specifier)
  } catch (cause) {
    if (!isMissing(cause, specifier)) throw cause
    throw notInstalled(source, specifier, cause)
  }
}

function notInstalled(source: string, specifier: string, cause: unknown): EngineMissingError {
  const remedy = specifier.startsWith('file:')
    ? `There is no file ${specifier}; correct VOICE_POCKET_ENGINES.`
    : `Run: npm install ${specifier}`
  return new EngineMissingError(`The engine ${JSON.stringify(source)} is not installed. ${remedy}`, { cause })
}

/** Also a package that is there may miss one of its own, and then its own message says more. */
function isMissing(error: unknown, specifier: string): boolean {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) return false
  const place = specifier.startsWith('file:') && 'url' in error ? error.url : undefined
  return place === specifier || error.message.includes(`'${specifier}'`)
}
