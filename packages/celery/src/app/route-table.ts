/** Routers that are tables: names of tasks, or patterns of names, and where their calls go. */
import { deliveryMode } from './delivery-mode.ts'
import type { Route, RoutedCall } from './routes.ts'
import { fieldsOf, integer, RuleBroken, type Setting, text } from './setting.ts'

/** A route, also in snake_case, or the name of a queue. */
export type LooseRoute = string | Route | Readonly<Record<string, unknown>>

/**
 * A key is the name of a task or, with a star in it, a glob as Python has them: `*`, `?`, `[seq]`, `[!seq]`. In a
 * list of pairs, and in a Map, it may be a regular expression, which has to fit from the beginning of the name.
 */
export type RouteTable =
  | Readonly<Record<string, LooseRoute>>
  | ReadonlyMap<string | RegExp, LooseRoute>
  | readonly (readonly [string | RegExp, LooseRoute])[]

const ROUTE = {
  queue: text('', 'Name of the queue.'),
  exchange: text('', 'Name of the exchange.'),
  routingKey: text('', 'Routing key on that exchange.'),
  priority: integer(0, { min: 0, max: 255 }, 'Priority of the message.'),
  serializer: text('', 'Serializer of its arguments.'),
  compression: text('', 'How its body is compressed.'),
  deliveryMode: deliveryMode('Whether the message survives the broker.'),
} satisfies Record<keyof Route, Setting<unknown>>

/** An exact name before a pattern, patterns in the order written. */
export function lookUp(entries: Iterable<unknown>): (call: RoutedCall) => Route | undefined {
  const names = new Map<string, Route>()
  const patterns: (readonly [RegExp, Route])[] = []
  for (const entry of entries) {
    if (!Array.isArray(entry)) throw new RuleBroken('has a list in it that is not one of pairs')
    const [key, route] = entry as [unknown, unknown]
    if (key instanceof RegExp) patterns.push([fromStart(key), parseRoute(key, route)])
    else if (String(key).includes('*')) patterns.push([globOf(String(key)), parseRoute(key, route)])
    else names.set(String(key), parseRoute(key, route))
  }
  return ({ name }) => names.get(name) ?? patterns.find(([pattern]) => fits(pattern, name))?.[1]
}

/** @throws RuleBroken which names what is wrong */
export function parseRoute(key: unknown, route: unknown): Route {
  if (typeof route === 'string' && route !== '') return { queue: route }
  try {
    return fieldsOf(ROUTE, route)
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error
    throw new RuleBroken(`has a route for '${key}' that ${error.message}`, { cause: error })
  }
}

/** As Python's `match` has it. */
function fromStart({ source, flags }: RegExp): RegExp {
  return new RegExp(source, `${flags.replace(/[gy]/g, '')}y`)
}

function fits(pattern: RegExp, name: string): boolean {
  pattern.lastIndex = 0
  return pattern.test(name)
}

/** Python's fnmatch. */
function globOf(glob: string): RegExp {
  const source = glob.replace(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (part, not: string | undefined, set: string) => {
    if (part === '*') return '[^]*'
    if (part === '?') return '[^]'
    if (not === undefined) return part.replace(/[.+^${}()|[\]\\/]/, '\\$&')
    return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`
  })
  return new RegExp(`^${source}$`, 'y')
}
