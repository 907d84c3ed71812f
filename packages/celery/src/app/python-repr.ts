/**
 * Values as Python would print them. `argsrepr` and `kwargsrepr` of a task message are Python literals, and
 * Flower's search parses them as such (`ast.literal_eval`), so `null` must read `None` and a list of arguments `(1, 2)`.
 */
const MAX_LENGTH = 1024

/** Positional arguments as a Python tuple, at most 1,024 characters. */
export function reprArgs(args: readonly unknown[]): string {
  return shorten(args.length === 1 ? `(${repr(args[0])},)` : `(${args.map((item) => repr(item)).join(', ')})`)
}

/** Keyword arguments as a Python dict, at most 1,024 characters. */
export function reprKwargs(kwargs: Readonly<Record<string, unknown>>): string {
  return shorten(repr(kwargs))
}

/** One value as a Python literal, at most 1,024 characters unless told otherwise. */
export function reprValue(value: unknown, maxLength = MAX_LENGTH): string {
  return shorten(repr(value, { maxLength, seen: [] }), maxLength)
}

/** An error as Python prints one of that class with that message. */
export function reprError({ name, message }: { readonly name: string; readonly message: string }): string {
  return shorten(`${name}(${message === '' ? '' : repr(message)})`)
}

/** Texts as a Python set of them. */
export function reprSet(texts: readonly string[]): string {
  return texts.length === 0 ? 'set()' : shorten(`{${texts.map((text) => repr(text)).join(', ')}}`)
}

/** As Python's `str()`: a text is itself. However long. */
export function str(value: unknown): string {
  return typeof value === 'string' ? value : repr(value, { ...START, maxLength: Number.POSITIVE_INFINITY })
}

interface Walk {
  readonly maxLength: number
  readonly seen: readonly unknown[]
}

const START: Walk = { maxLength: MAX_LENGTH, seen: [] }

function repr(value: unknown, walk = START): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return reprNumber(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return reprString(value, walk.maxLength)
  if (typeof value === 'function' || typeof value === 'symbol') return `<${typeof value}>`
  if (value instanceof Date)
    return reprString(Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString())
  if (value instanceof Uint8Array) return reprBytes(value, walk.maxLength)
  const { seen } = walk
  if (seen.includes(value) || seen.length > 8) return '...'
  const path = { ...walk, seen: [...seen, value] }
  if (value instanceof Set) return repr([...value], walk)
  if (Array.isArray(value)) return `[${value.map((item) => repr(item, path)).join(', ')}]`
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return `{${entries.map(([key, item]) => `${repr(key, path)}: ${repr(item, path)}`).join(', ')}}`
}

function reprNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0 || Math.abs(value) >= 1e-4) return String(value)
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1')
}

function reprBytes(bytes: Uint8Array, maxLength: number): string {
  const text = reprString(Buffer.from(bytes).toString('latin1'), maxLength)
  return `b${text.replace(/[\u0080-\u00ff]/g, escaped)}`
}

/** Single quotes unless the text has one and no double quote, as Python chooses. */
function reprString(text: string, maxLength = MAX_LENGTH): string {
  // Long texts are cut before escaping: the result keeps no more characters anyway.
  const short = text.length > maxLength ? text.slice(0, maxLength) : text
  const quote = short.includes("'") && !short.includes('"') ? '"' : "'"
  const inside = short.replace(/[\\'"]|(?! )[\p{C}\p{Z}]/gu, (character) => {
    if (character === '\\' || character === quote) return `\\${character}`
    return character === "'" || character === '"' ? character : escaped(character)
  })
  return `${quote}${inside}${quote}`
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** What Python calls not printable: controls, unassigned characters and all separators but the space. */
function escaped(character: string): string {
  const code = character.codePointAt(0) as number
  const hex = code.toString(16)
  if (code > 0xffff) return `\\U${hex.padStart(8, '0')}`
  return (
    SHORT_ESCAPES[character] ?? (code > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`)
  )
}

const shorten = (text: string, maxLength = MAX_LENGTH) =>
  text.length > maxLength ? `${text.slice(0, Math.max(0, maxLength - 3))}...` : text
