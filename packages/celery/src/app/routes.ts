import type { CallOptions } from './call.ts'
import { fieldsOf, integer, RuleBroken, type Setting, text } from './setting.ts'

/** Where a call goes, by the names `applyAsync` has for it. */
export type Route = Pick<CallOptions, 'queue' | 'exchange' | 'routingKey' | 'priority'>

/** Task name, or glob, to route. */
export type Routes = Readonly<Record<string, Route>>

const ROUTE = {
  queue: text('', 'Name of the queue.'),
  exchange: text('', 'Name of the exchange.'),
  routingKey: text('', 'Routing key on that exchange.'),
  priority: integer(0, { min: 0, max: 255 }, 'Priority of the message.'),
} satisfies Record<keyof Route, Setting<unknown>>

/** The setting `taskRoutes`: each entry is a route, or the name of a queue. */
export function routesSetting(help: string): Setting<Routes> {
  return {
    default: Object.freeze({}),
    unit: undefined,
    help,
    parse: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new RuleBroken('must be an object')
      return Object.freeze(
        Object.fromEntries(Object.entries(value).map(([task, route]) => [task, parseRoute(task, route)])),
      )
    },
  }
}

function parseRoute(task: string, route: unknown): Route {
  if (typeof route === 'string' && route !== '') return { queue: route }
  try {
    return fieldsOf(ROUTE, route)
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error
    throw new RuleBroken(`has a route for '${task}' that ${error.message}`, { cause: error })
  }
}

/** What `taskRoutes` says of a task: an exact name before a glob, globs in the order written. */
export function routeOf(name: string, routes: Routes): Route {
  if (Object.hasOwn(routes, name)) return routes[name] as Route
  const glob = Object.keys(routes).find((pattern) => pattern.includes('*') && matches(pattern, name))
  return glob === undefined ? {} : (routes[glob] as Route)
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}
