import type { LooseSettings } from '../app/settings.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { Run } from './async.ts'
import type { Pool } from './base.ts'

export const POOL_NAMES = ['prefork', 'threads', 'async', 'solo'] as const

/** One of ours, or the path of a module that has a pool of its own (`custom.ts`). */
export type PoolName = (typeof POOL_NAMES)[number] | (string & {})

/** Whether its tasks run apart from the worker, in children that import the app's module. */
export function hasChildren(name: PoolName): name is keyof typeof WHERE {
  return Object.hasOwn(WHERE, name)
}

const WHERE = { prefork: 'child processes', threads: 'threads' } as const

/** Everything that any of the pools needs. */
export interface PoolOptions {
  readonly limit: number
  readonly run: Run
  readonly appModule: string | undefined
  readonly settings: LooseSettings
  /** To import in children, besides those that the settings name. */
  readonly modules: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cancelWaitMs: number
  readonly maxTasksPerChild: number
  readonly maxMemoryPerChild: number
  /** Called before a child is started. */
  readonly beforeSpawn: () => void
  readonly logger: Logger
}

/** @throws ImproperlyConfigured when the pool needs the app's module and there is none. */
export async function createPool(name: PoolName, options: PoolOptions): Promise<Pool> {
  if (!hasChildren(name)) {
    if (name === 'solo') return new (await import('./solo.ts')).SoloPool(options)
    if (name === 'async') return new (await import('./async.ts')).AsyncPool(options)
    return (await import('./custom.ts')).createCustomPool(name, options)
  }
  const { appModule } = options
  if (appModule === undefined) {
    throw new ImproperlyConfigured(
      `The pool '${name}' runs tasks in ${WHERE[name]}, which import the module that exports the app. ` +
        "Name it with 'appModule', or take the pool 'async'.",
    )
  }
  if (name === 'threads') return new (await import('./threads.ts')).ThreadsPool({ ...options, appModule })
  return new (await import('./prefork.ts')).PreforkPool({ ...options, appModule })
}
