import { inspect } from 'node:util'

/** A value as text for a person: strings as they are, the rest as `inspect` shows it. Never throws. */
export function describe(value: unknown): string {
  try {
    return typeof value === 'string' ? value : inspect(value)
  } catch {
    return `<a ${typeof value} that cannot be shown>` // inspect runs the value's own code
  }
}

/** The text of an exception made of these arguments: nearly always there is one, its message. */
export function describeArgs(args: readonly unknown[]): string {
  return args.map(describe).join(', ')
}
