/**
 * Argument schemas by any library that speaks Standard Schema (zod, valibot, arktype …; https://standardschema.dev).
 * They are asked before a call is sent and again before it runs: a caller in another language has no compiler.
 */
import { ArgumentsError } from './parameters.ts'

/** The part of Standard Schema v1 that is used here. */
export interface ArgumentSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>
  }
}

type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * The arguments as the schema gives them back (a schema of the list of positional arguments).
 * @throws ArgumentsError that names each argument and the rule it breaks.
 */
export async function checkArguments(
  task: string,
  schema: ArgumentSchema,
  args: readonly unknown[],
): Promise<unknown[]> {
  const result = await schema['~standard'].validate([...args])
  if (result.issues === undefined) {
    if (Array.isArray(result.value)) return result.value
    throw new ArgumentsError(
      `The schema of ${task}() must describe the list of its arguments, such as a tuple.`,
    )
  }
  const problems = result.issues.map(({ path = [], message }) => `${nameOf(path)}: ${message}`)
  throw new ArgumentsError(`${task}() does not take these arguments: ${problems.join('; ')}`)
}

function nameOf(path: NonNullable<SchemaIssue['path']>): string {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
  const [position, ...rest] = keys
  return position === undefined ? 'arguments' : [`argument ${Number(position) + 1}`, ...rest].join('.')
}
