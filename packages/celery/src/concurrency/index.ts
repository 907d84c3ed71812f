import type { LooseSettings } from '../app/settings.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { Logger } from '../logger.ts'
import type { Run } from './async.ts'
import type { Pool } from './base.ts'

export type PoolName = 'prefork' | 'threads' | 'async' | 'solo'

/** Whether its tasks run apart from the worker, in children that import the app's module. */
export function hasChildren(name: PoolName): name is keyof typeof WHERE {
  return name in WHERE
}

const WHERE = { prefork: 'child processes', threads: 'threads' } as const

/** Everything that any of the pools needs. */
export interface PoolOptions {
  readonly limit: number
  readonly run: Run
  readonly appModule: string | undefined
  readonly settings: LooseSettings
  readonly env: NodeJS.ProcessEnv
  readonly cancelWaitMs: number
  readonly maxTasksPerChild: number
  readonly maxMemoryPerChild: number
  readonly logger: Logger
}

/** @throws ImproperlyConfigured when the pool needs the app's module and there is none. */
export async function createPool(name: PoolName, options: PoolOptions): Promise<Pool> {
  if (!hasChildren(name)) {
    if (name === 'solo') return new (await import('./solo.ts')).SoloPool(options)
    return new (await import('./async.ts')).AsyncPool(options)
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
