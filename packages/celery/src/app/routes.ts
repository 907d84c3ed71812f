import type { Settings } from './defaults.ts'
import type { CallOptions } from './task.ts'

/** Where a call goes, by the names `applyAsync` has for it. */
export type Route = Pick<CallOptions, 'queue' | 'exchange' | 'routingKey' | 'priority'>

/** What `taskRoutes` says of a task: an exact name before a glob, globs in the order written. */
export function routeOf(name: string, routes: Settings['taskRoutes']): Route {
  const exact = routes[name]
  if (exact !== undefined) return toRoute(exact)
  const glob = Object.keys(routes).find((pattern) => pattern.includes('*') && matches(pattern, name))
  return glob === undefined ? {} : toRoute(routes[glob])
}

const toRoute = (entry: unknown): Route => (typeof entry === 'string' ? { queue: entry } : (entry as Route))

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}
