/**
 * Python callers pass arguments by name; a JavaScript function has positions. This file reads a function's
 * parameter names from its own source and puts keyword arguments where they belong. A last parameter that is
 * an object pattern (`{ language, rate }`) takes the keyword arguments that no other parameter names.
 */

// biome-ignore lint/complexity/noBannedTypes: only its source text is read
type AnyFunction = Function

export interface Parameters {
  /** In order; a parameter without a plain name (a pattern) has `undefined`. */
  readonly names: readonly (string | undefined)[]
  readonly rest: boolean
  /** The last one is an object pattern: `default` if it says what it is without an argument. */
  readonly pattern: 'required' | 'default' | undefined
}

/** A bound or a built-in function does not show its parameters: it takes positions only, and as many as it is given. */
const UNKNOWN: Parameters = { names: [], rest: true, pattern: undefined }

/** Thrown when arguments do not fit; worded as Python words its TypeError. */
export class ArgumentsError extends TypeError {
  override name = 'TypeError'
}

/** Reads a function's parameters. `skip` leaves out leading ones (a bound task's `self`). */
export function parametersOf(fn: AnyFunction, skip = 0): Parameters {
  const source = fn.toString()
  if (/\{\s*\[native code\]\s*\}$/.test(source)) return UNKNOWN
  const written = splitParameters(parameterSource(source)).slice(skip)
  const rest = written.at(-1)?.startsWith('...') ?? false
  const plain = rest ? written.slice(0, -1) : written
  return {
    names: plain.map((parameter) => /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(parameter)?.[0]),
    rest,
    pattern: patternOf(plain.at(-1) ?? ''),
  }
}

function patternOf(parameter: string): Parameters['pattern'] {
  if (!parameter.startsWith('{')) return undefined
  return parameter.slice(closing(parameter, 0) + 1).trim() === '' ? 'required' : 'default'
}

/**
 * The arguments to call the function with.
 * A missing argument is `undefined`, as everywhere in JavaScript: whether a parameter is optional is written in its
 * type, which is gone at run time.
 * @throws ArgumentsError for a keyword that no parameter has, one given twice, or too many positions.
 */
export function bindArguments(
  name: string,
  { names, rest, pattern }: Parameters,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): unknown[] {
  const bound = [...args]
  const takesOthers = pattern !== undefined && args.length < names.length
  const others: [string, unknown][] = []
  for (const [keyword, value] of Object.entries(kwargs)) {
    const position = names.indexOf(keyword)
    if (position === -1 && !takesOthers) throw unexpected(name, keyword)
    if (position === -1) others.push([keyword, value])
    else if (position < args.length)
      throw new ArgumentsError(`${name}() got multiple values for argument '${keyword}'`)
    else bound[position] = value
  }
  if (takesOthers && (others.length > 0 || pattern === 'required'))
    bound[names.length - 1] = Object.fromEntries(others)
  return checkCount(name, { names, rest }, bound)
}

function checkCount(
  name: string,
  { names, rest }: Pick<Parameters, 'names' | 'rest'>,
  bound: unknown[],
): unknown[] {
  if (rest || bound.length <= names.length) return bound
  const taken = `${names.length} positional argument${names.length === 1 ? '' : 's'}`
  throw new ArgumentsError(
    `${name}() takes ${taken} but ${bound.length} ${bound.length === 1 ? 'was' : 'were'} given`,
  )
}

const unexpected = (name: string, keyword: string) =>
  new ArgumentsError(`${name}() got an unexpected keyword argument '${keyword}'`)

/** The text between the parentheses of a function's parameter list. */
function parameterSource(source: string): string {
  const single = /^(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(source)
  if (single?.[1] && single[1] !== 'async') return single[1]
  let open = 0
  while (open < source.length && source[open] !== '(') open = skipToken(source, open) + 1
  return source.slice(open + 1, closing(source, open))
}

/** Splits at the commas that are not inside brackets, strings or comments; comments are left out. */
function splitParameters(source: string): string[] {
  const parameters: string[] = []
  let current = ''
  for (let i = 0; i < source.length; i++) {
    const skipped = skipToken(source, i)
    const token = source.slice(i, skipped + 1)
    if (token === ',') {
      parameters.push(current.trim())
      current = ''
    } else if (!token.startsWith('//') && !token.startsWith('/*')) {
      current += token
    }
    i = skipped
  }
  if (current.trim() !== '') parameters.push(current.trim())
  return parameters
}

/** The index where the token that begins at `start` ends: a bracketed part, a string, a comment, or one character. */
function skipToken(source: string, start: number): number {
  const character = source[start] as string
  if ('([{'.includes(character)) return closing(source, start)
  if (`'"\``.includes(character)) return endOfString(source, start)
  if (source.startsWith('//', start)) return endOr(source.indexOf('\n', start), source)
  if (source.startsWith('/*', start)) return endOr(source.indexOf('*/', start) + 1, source)
  return start
}

const endOr = (index: number, source: string) => (index <= 0 ? source.length : index)

function closing(source: string, open: number): number {
  for (let i = open + 1; i < source.length; i++) {
    if (')]}'.includes(source[i] as string)) return i
    i = skipToken(source, i)
  }
  return source.length
}

function endOfString(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === source[start]) return i
  }
  return source.length
}
