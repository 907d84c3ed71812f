/**
 * What one setting is: where it is read from, what it means, and the rule that turns text into a value and back.
 * `print` is the inverse of `parse`, so that a child process given the printed text has the same value.
 */
export interface Setting<Value> {
  readonly env: string
  /** The value when the variable is unset or empty; it may follow from the settings above it in the table. */
  readonly fallback: (above: Readonly<Record<string, unknown>>) => Value
  /** The fallback in words, for the documentation. */
  readonly fallbackText: string
  readonly unit: string
  readonly meaning: string
  /** What every value must be, to follow "must be". */
  readonly rule: string
  /** `undefined` when the rule is broken. */
  readonly parse: (text: string) => Value | undefined
  readonly print: (value: Value) => string
}

interface Wording {
  readonly meaning: string
  readonly unit?: string
}

/** One URL. A `;` is a character like any other in it: folders may have it in their names. */
export function url(
  env: string,
  fallback: string | { text: string; from: (above: Readonly<Record<string, unknown>>) => string },
  schemes: readonly string[],
  { meaning, unit = 'URL' }: Wording,
): Setting<string> {
  const scheme = new RegExp(`^(${schemes.join('|')}):`, 'i')
  return {
    env,
    fallback: typeof fallback === 'string' ? () => fallback : fallback.from,
    fallbackText: typeof fallback === 'string' ? `\`${fallback}\`` : fallback.text,
    unit,
    meaning,
    rule: `a URL that begins with ${schemes.map((each) => `${each}:`).join(' or ')}`,
    parse: (text) => (scheme.test(text) ? text : undefined),
    print: (value) => value,
  }
}

/** One URL, or several separated by `;`, for a reader that can fail over. */
export function urls(
  env: string,
  fallback: string,
  schemes: readonly string[],
  wording: Wording,
): Setting<string> {
  const one = url(env, fallback, schemes, wording)
  const isEach = (text: string) => text.split(';').every((part) => one.parse(part) !== undefined)
  return { ...one, parse: (text) => (isEach(text) ? text : undefined) }
}

export function integer(
  env: string,
  fallback: number | { text: string; value: number },
  { min, max }: { min: number; max: number },
  { meaning, unit = '' }: Wording,
): Setting<number> {
  const value = typeof fallback === 'number' ? fallback : fallback.value
  return {
    env,
    fallback: () => value,
    fallbackText: typeof fallback === 'number' ? `\`${fallback}\`` : fallback.text,
    unit,
    meaning,
    rule: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
      return number >= min && number <= max ? number : undefined
    },
    print: String,
  }
}

export function choice<const Name extends string>(
  env: string,
  fallback: Name,
  names: readonly Name[],
  { meaning }: Wording,
): Setting<Name> {
  return {
    env,
    fallback: () => fallback,
    fallbackText: `\`${fallback}\``,
    unit: '',
    meaning,
    rule: `one of ${names.join(', ')}`,
    parse: (text) => names.find((name) => name === text.toLowerCase()),
    print: (value) => value,
  }
}

/** Text of a given shape; `rule` says the shape in words. */
export function name(
  env: string,
  fallback: string,
  pattern: RegExp,
  { meaning, rule }: Wording & { rule: string },
): Setting<string> {
  return {
    env,
    fallback: () => fallback,
    fallbackText: fallback === '' ? 'unset' : `\`${fallback}\``,
    unit: '',
    meaning,
    rule,
    parse: (text) => (pattern.test(text) ? text : undefined),
    print: (value) => value,
  }
}
