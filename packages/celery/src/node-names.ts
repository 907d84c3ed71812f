import { hostname } from 'node:os'

/** The default name of a worker, before the `@`. */
const DEFAULT_NAME = 'celery'

/** `name@host`, what a worker is called everywhere on the wire (`celery/utils/nodenames.py`). */
export function defaultNodeName(): string {
  return `${DEFAULT_NAME}@${hostname()}`
}

/** Fills in a pattern: `%h` the host, `%n` its first part, `%d` its domain; without `@` it is the host's part. */
export function nodeName(pattern: string): string {
  const full = hostname()
  const [first = full, ...domain] = full.split('.')
  const values: Readonly<Record<string, string>> = { h: full, n: first, d: domain.join('.'), '%': '%' }
  const filled = pattern.replace(/%([hnd%])/g, (_, letter: string) => values[letter] as string)
  return filled.includes('@') ? filled : `${DEFAULT_NAME}@${filled}`
}

/**
 * The same in the path of a file that a worker has for itself: `%n` is then the name before its `@`, `%h` and `%d` are
 * of what is after it, and `%p` is all of it.
 */
export function expandNodeName(pattern: string, nodeName: string): string {
  const [name = '', host = ''] = nodeName.split('@')
  const domain = host.split('.').slice(1).join('.')
  const values: Readonly<Record<string, string>> = { h: host, n: name, d: domain, p: nodeName, '%': '%' }
  return pattern.replace(/%([hndp%])/g, (_, letter: string) => values[letter] as string)
}
