import { ImproperlyConfigured } from '../exceptions.ts'
import type { CallOptions } from './call.ts'
import { importModule } from './import-modules.ts'
import { type LooseRoute, lookUp, parseRoute, type RouteTable } from './route-table.ts'
import { RuleBroken, type Setting } from './setting.ts'
import type { AnyTask } from './task.ts'

/** Where a call goes and how, by the names `applyAsync` has for it. */
export type Route = Pick<
  CallOptions,
  'queue' | 'exchange' | 'routingKey' | 'priority' | 'serializer' | 'compression' | 'deliveryMode'
>

/** A call that is about to be sent. */
export interface RoutedCall {
  readonly name: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  /** What the call itself says, or else its task; it is stronger than the route. */
  readonly options: Route
  /** Where this app has it. */
  readonly task: AnyTask | undefined
}

type Answer = LooseRoute | null | undefined

/** Says where a call goes: a route, or the name of a queue; nothing leaves it to the next router. */
export type RouteFunction = (
  name: string,
  args: RoutedCall['args'],
  kwargs: RoutedCall['kwargs'],
  options: Route,
  task: AnyTask | undefined,
) => Answer | Promise<Answer>

/** A router that is an object; of a class there is one, made without arguments. */
export interface RouterObject {
  routeForTask(name: string, args: RoutedCall['args'], kwargs: RoutedCall['kwargs']): Answer | Promise<Answer>
}

export type RouterClass = new () => RouterObject

/** A text is the path of a module, and after a colon the name of its export: `./routing.ts:byLanguage`. */
export type LooseRouter = RouteTable | RouteFunction | RouterObject | RouterClass | string

/** The setting as it is written. */
export type LooseRoutes = LooseRouter | readonly LooseRouter[]

type Router = (call: RoutedCall) => Route | undefined | Promise<Route | undefined>

/** Asked in turn; the first that knows the call decides. */
export type Routes = readonly Router[]

/** The setting `taskRoutes`: a router, or a list of them. */
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
export async function routeOf(call: RoutedCall, routes: Routes): Promise<Route> {
  for (const router of routes) {
    const route = await router(call)
    if (route !== undefined) return route
  }
  return {}
}

const WAY = [
  'queue',
  'exchange',
  'routingKey',
  'priority',
  'serializer',
  'compression',
  'deliveryMode',
] as const

/** What the options of a call say of its way. */
export function routeIn(options: Route): Route {
  return Object.fromEntries(
    WAY.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
}

/** What one side says over what a weaker one says. Who names a queue or an exchange names all of the way. */
export function overRoute<Weak extends Route, Strong extends Route>(weak: Weak, strong: Strong) {
  const { queue: _queue, exchange: _exchange, routingKey: _key, ...rest } = weak
  const given = Object.entries(strong).filter(([, value]) => value !== undefined)
  const namesWay = strong.queue !== undefined || strong.exchange !== undefined
  return { ...(namesWay ? rest : weak), ...Object.fromEntries(given) } as Weak & Strong
}

function parseRouter(router: unknown): Router {
  if (typeof router === 'string') return fromModule(router)
  if (Array.isArray(router) || router instanceof Map) return lookUp(router)
  const isObject = typeof router === 'object' && router !== null
  if (isObject && !isRouterObject(router)) return lookUp(Object.entries(router))
  if (isObject || typeof router === 'function') return ask(functionOf(router))
  throw new RuleBroken('must be an object, a function, the path of a module, or a list of these')
}

/** The module is imported when the first call is routed. */
function fromModule(path: string): Router {
  let router: Promise<Router> | undefined
  return async (call) => {
    router ??= importRouter(path)
    return (await router)(call)
  }
}

async function importRouter(path: string): Promise<Router> {
  const [, module = path, name = 'default'] = /^(.+):([\w$]+)$/.exec(path) ?? []
  try {
    const exported = ((await importModule(module)) as Record<string, unknown>)[name]
    if (typeof exported === 'string') throw new RuleBroken('must not be a path once more')
    return parseRouter(exported)
  } catch (cause) {
    const reason = cause instanceof RuleBroken ? `its export '${name}' ${cause.message}` : String(cause)
    throw new ImproperlyConfigured(`taskRoutes names '${path}', which is no router: ${reason}.`, { cause })
  }
}

function isRouterObject(router: object): router is RouterObject {
  return 'routeForTask' in router && typeof router.routeForTask === 'function'
}

function functionOf(router: unknown): RouteFunction {
  if (typeof router !== 'function') return askObject(router as RouterObject)
  const isClass = typeof router.prototype?.routeForTask === 'function'
  return isClass ? askObject(new (router as RouterClass)()) : (router as RouteFunction)
}

function askObject(router: RouterObject): RouteFunction {
  return (name, args, kwargs) => router.routeForTask(name, args, kwargs)
}

function ask(router: RouteFunction): Router {
  return async ({ name, args, kwargs, options, task }) => {
    const route = await router(name, args, kwargs, options, task)
    if (route === undefined || route === null) return undefined
    try {
      return parseRoute(name, route)
    } catch (error) {
      if (!(error instanceof RuleBroken)) throw error
      throw new ImproperlyConfigured(`A router of taskRoutes ${error.message}.`, { cause: error })
    }
  }
}
