import { ImproperlyConfigured } from '../exceptions.ts'
import type { CallOptions } from './call.ts'
import { fieldsOf, integer, RuleBroken, type Setting, text } from './setting.ts'

/** Where a call goes, by the names `applyAsync` has for it. */
export type Route = Pick<CallOptions, 'queue' | 'exchange' | 'routingKey' | 'priority'>

/** Task names, or globs, to where their calls go: the name of a queue, or a route (also in snake_case). */
export type RouteTable = Readonly<Record<string, string | Route | Readonly<Record<string, unknown>>>>

/** What a function is asked about. */
export interface RoutedCall {
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  /** What the call itself says of its way; it is stronger than the route. */
  readonly options: Route
}

/** Says where a call goes: a route, or the name of a queue; nothing leaves it to the next router. */
export type RouteFunction = (task: string, call: RoutedCall) => Route | string | null | undefined

type Router = RouteTable | RouteFunction

/** The setting as it is written. */
export type LooseRoutes = Router | readonly Router[]

/** Asked in turn; the first that knows the task decides. */
export type Routes = readonly ((task: string, call: RoutedCall) => Route | undefined)[]

const ROUTE = {
  queue: text('', 'Name of the queue.'),
  exchange: text('', 'Name of the exchange.'),
  routingKey: text('', 'Routing key on that exchange.'),
  priority: integer(0, { min: 0, max: 255 }, 'Priority of the message.'),
} satisfies Record<keyof Route, Setting<unknown>>

/** The setting `taskRoutes`: a table, a function, or a list of these. */
export function routesSetting(help: string): Setting<Routes> {
  return {
    default: Object.freeze([]),
    unit: undefined,
    help,
    parse: (value) => Object.freeze((Array.isArray(value) ? value : [value]).map(parseRouter)),
  }
}

/** Calls that only run others; they take the way of these. */
const SEQUENCES = new Set(['celery.map', 'celery.starmap', 'celery.chunks'])

/** By which name a call is routed. */
export function routedName({ task, kwargs }: { task: string; kwargs: RoutedCall['kwargs'] }): string {
  const inner = kwargs.task as { task?: unknown } | null | undefined
  return SEQUENCES.has(task) && typeof inner?.task === 'string' ? inner.task : task
}

/** Where `taskRoutes` lets a call go. */
export function routeOf(task: string, routes: Routes, call: RoutedCall = NO_CALL): Route {
  for (const router of routes) {
    const route = router(task, call)
    if (route !== undefined) return route
  }
  return {}
}

const NO_CALL: RoutedCall = { args: [], kwargs: {}, options: {} }

function parseRouter(router: unknown): Routes[number] {
  if (typeof router === 'function') return askFunction(router as RouteFunction)
  if (typeof router !== 'object' || router === null || Array.isArray(router))
    throw new RuleBroken('must be an object, a function, or a list of these')
  const table = Object.entries(router).map(([task, route]) => [task, parseRoute(task, route)] as const)
  return lookUp(new Map(table))
}

/** An exact name before a glob, globs in the order written. */
function lookUp(table: ReadonlyMap<string, Route>): Routes[number] {
  const globs = [...table].filter(([pattern]) => pattern.includes('*'))
  return (task) => table.get(task) ?? globs.find(([pattern]) => matches(pattern, task))?.[1]
}

function askFunction(ask: RouteFunction): Routes[number] {
  return (task, call) => {
    const route = ask(task, call)
    if (route === undefined || route === null) return undefined
    try {
      return parseRoute(task, route)
    } catch (error) {
      if (!(error instanceof RuleBroken)) throw error
      throw new ImproperlyConfigured(`A function of taskRoutes ${error.message}.`, { cause: error })
    }
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

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}
