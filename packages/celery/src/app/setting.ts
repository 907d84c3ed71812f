/** What one setting is: a default, a meaning, and a rule that turns loose input into a value or an error. */
export interface Setting<Value> {
  readonly default: Value
  readonly unit: 'seconds' | undefined
  readonly help: string
  /** Returns the value, or throws RuleBroken with what would have been right. */
  readonly parse: (value: unknown) => Value
}

export type SettingValue<S> = S extends Setting<infer Value> ? Value : never

/** Thrown by a rule; `settings.ts` adds which setting it was. */
export class RuleBroken extends Error {}

export const text = (fallback: string, help: string): Setting<string> =>
  setting(fallback, help, (value) => {
    if (typeof value === 'string') return value
    throw new RuleBroken('must be a string')
  })

export const textOrList = (fallback: string, help: string): Setting<string | readonly string[]> =>
  setting<string | readonly string[]>(fallback, help, (value) => {
    if (typeof value === 'string' && value !== '') return value
    if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'))
      return value
    throw new RuleBroken('must be a string or a list of strings, and not empty')
  })

export const boolean = (fallback: boolean, help: string): Setting<boolean> =>
  setting(fallback, help, (value) => {
    if (typeof value === 'boolean') return value
    throw new RuleBroken('must be true or false')
  })

export const integer = (
  fallback: number,
  { min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number },
  help: string,
): Setting<number> =>
  setting(fallback, help, (value) => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max)
      return value as number
    const bound = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`
    throw new RuleBroken(`must be a whole number ${bound}`)
  })

/** Seconds, as everywhere in Celery; fractions are fine. */
export const duration = (fallback: number, help: string): Setting<number> =>
  setting(
    fallback,
    help,
    (value) => {
      if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
      throw new RuleBroken('must be a number of seconds, 0 or more')
    },
    'seconds',
  )

export const choice = <const Name extends string>(
  fallback: Name,
  names: readonly Name[],
  help: string,
): Setting<Name> =>
  setting<Name>(fallback, help, (value) => {
    if (names.includes(value as Name)) return value as Name
    throw new RuleBroken(`must be one of ${names.join(', ')}`)
  })

export const list = <Item = string>(fallback: readonly Item[], help: string): Setting<readonly Item[]> =>
  setting<readonly Item[]>(fallback, help, (value) => {
    if (Array.isArray(value)) return value
    throw new RuleBroken('must be a list')
  })

export const table = (
  fallback: Readonly<Record<string, unknown>>,
  help: string,
): Setting<Readonly<Record<string, unknown>>> =>
  setting<Readonly<Record<string, unknown>>>(fallback, help, (value) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
    throw new RuleBroken('must be an object')
  })

function setting<Value>(
  fallback: Value,
  help: string,
  parse: (value: unknown) => Value,
  unit?: 'seconds',
): Setting<Value> {
  return { default: fallback, unit, help, parse }
}
