import { inspect } from 'node:util'
import { closestMatch } from 'leven'
import type { PeriodicTask } from '../beat/periodic-task.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import { DEFAULTS, type Settings } from './defaults.ts'
import type { LooseRoutes } from './routes.ts'
import { RuleBroken, type Setting, toCamelCase, toSnakeCase } from './setting.ts'

/** Settings as a user writes them: any of the names, camelCase or snake_case; the same holds for those inside. */
export type LooseSettings = Partial<{
  [Name in keyof Settings]: Name extends keyof Written ? Written[Name] : Loose<Settings[Name]>
}> &
  Record<string, unknown>

/** Those that are written in another form than they are kept in. */
interface Written {
  readonly taskRoutes: LooseRoutes
  readonly beatSchedule: Readonly<Record<string, PeriodicTask | Readonly<Record<string, unknown>>>>
  readonly beatScheduler: Settings['beatScheduler']
}

type Loose<Value> = Value extends string | number | boolean | readonly unknown[] | ((urls: never) => unknown)
  ? Value
  : Readonly<Record<string, unknown>>

/** Names that Celery itself takes for a setting which is called otherwise here. */
const ALIASES: Readonly<Record<string, keyof Settings>> = {
  broker: 'brokerUrl',
  backend: 'resultBackend',
  celeryResultBackend: 'resultBackend',
}

/**
 * Loose settings in, full and frozen settings out.
 * @throws ImproperlyConfigured that names the setting, the rule it breaks and, for an unknown one, the nearest right name.
 */
export function resolveSettings(...sources: readonly LooseSettings[]): Settings {
  const resolved: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(DEFAULTS)) resolved[name] = setting.default
  for (const source of sources) {
    for (const [key, value] of Object.entries(source)) {
      if (value === undefined) continue
      const name = settingName(key)
      resolved[name] = parse(key, DEFAULTS[name], value)
    }
  }
  return Object.freeze(resolved) as Settings
}

/** The canonical name of a setting. @throws ImproperlyConfigured for one that does not exist. */
export function settingName(key: string): keyof Settings {
  const camel = key.includes('_') || key === key.toUpperCase() ? toCamelCase(key.toLowerCase()) : key
  const name = Object.hasOwn(ALIASES, camel) ? (ALIASES[camel] as string) : camel
  if (Object.hasOwn(DEFAULTS, name)) return name as keyof Settings
  const suggestion = closestMatch(name, [...Object.keys(DEFAULTS), ...Object.keys(ALIASES)]) ?? ''
  const written = key.includes('_') ? toSnakeCase(suggestion) : suggestion
  throw new ImproperlyConfigured(`There is no setting '${key}'. The nearest one is '${written}'.`)
}

function parse(key: string, setting: Setting<unknown>, value: unknown): unknown {
  try {
    return setting.parse(value)
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error
    const shown = inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80 })
    throw new ImproperlyConfigured(`Setting '${key}' ${error.message}, but it is ${shown}. ${setting.help}`)
  }
}
