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

/** Empty only where that is the default, and means something. */
export const textOrList = (fallback: string, help: string): Setting<string | readonly string[]> =>
  setting<string | readonly string[]>(fallback, help, (value) => {
    if (typeof value === 'string' && (value !== '' || fallback === '')) return value
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

/** One of the names, or the path of a module: what has a dot or a slash in it. */
export const choiceOrPath = (fallback: string, names: readonly string[], help: string): Setting<string> =>
  setting(fallback, help, (value) => {
    if (typeof value === 'string' && (names.includes(value) || /[./\\]/.test(value))) return value
    throw new RuleBroken(`must be one of ${names.join(', ')}, or the path of a module such as ./pool.ts`)
  })

export const list = <Item>(fallback: readonly Item[], help: string): Setting<readonly Item[]> =>
  setting<readonly Item[]>(fallback, help, (value) => {
    if (Array.isArray(value)) return Object.freeze([...value])
    throw new RuleBroken('must be a list')
  })

export const table = (
  fallback: Readonly<Record<string, unknown>>,
  help: string,
): Setting<Readonly<Record<string, unknown>>> =>
  setting<Readonly<Record<string, unknown>>>(fallback, help, (value) => {
    if (isObject(value)) return Object.freeze({ ...value })
    throw new RuleBroken('must be an object')
  })

/** A list of strings. */
export const texts = (fallback: readonly string[], help: string): Setting<readonly string[]> =>
  setting(fallback, help, (value) => {
    if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      return Object.freeze([...value])
    throw new RuleBroken('must be a list of strings')
  })

/** Off, on as usual, or on with the options of a table. */
export const switchOrTable = (help: string): Setting<boolean | Readonly<Record<string, unknown>>> =>
  setting<boolean | Readonly<Record<string, unknown>>>(false, help, (value) => {
    if (typeof value === 'boolean') return value
    if (isObject(value)) return Object.freeze({ ...value })
    throw new RuleBroken('must be true, false or an object')
  })

/** One of the names, or a function of one's own. */
export const choiceOrFunction = <const Name extends string, Fn>(
  fallback: Name,
  names: readonly Name[],
  help: string,
): Setting<Name | Fn> =>
  setting<Name | Fn>(fallback, help, (value) => {
    if (typeof value === 'function' || names.includes(value as Name)) return value as Name | Fn
    throw new RuleBroken(`must be one of ${names.join(', ')}, or a function`)
  })

/** An object of which every field has a setting of its own, by its name in camelCase or snake_case. */
export const fields = <Fields extends Record<string, Setting<unknown>>>(
  rules: Fields,
  help: string,
): Setting<{ readonly [Name in keyof Fields]: SettingValue<Fields[Name]> }> => {
  type Value = { readonly [Name in keyof Fields]: SettingValue<Fields[Name]> }
  const defaults = Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, rule.default]))
  return setting<Value>(Object.freeze(defaults) as Value, help, (value) => {
    return Object.freeze({ ...defaults, ...fieldsOf(rules, value) }) as Value
  })
}

/** The fields that are there, parsed. @throws RuleBroken which names the field */
export function fieldsOf(
  rules: Readonly<Record<string, Setting<unknown>>>,
  value: unknown,
): Record<string, unknown> {
  if (!isObject(value)) throw new RuleBroken('must be an object')
  const given = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(
    given.map(([key, item]) => {
      const name = toCamelCase(key)
      if (!Object.hasOwn(rules, name))
        throw new RuleBroken(`has no field '${key}' (it has ${Object.keys(rules).join(', ')})`)
      return [name, parseField(key, rules[name] as Setting<unknown>, item)]
    }),
  )
}

function parseField(key: string, rule: Setting<unknown>, value: unknown): unknown {
  try {
    return rule.parse(value)
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error
    throw new RuleBroken(`has a field '${key}' that ${error.message}`, { cause: error })
  }
}

export const toCamelCase = (name: string) =>
  name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

export const toSnakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function setting<Value>(
  fallback: Value,
  help: string,
  parse: (value: unknown) => Value,
  unit?: 'seconds',
): Setting<Value> {
  return { default: fallback, unit, help, parse }
}
