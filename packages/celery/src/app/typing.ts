/**
 * Argument schemas by any library that speaks Standard Schema (zod, valibot, arktype …; https://standardschema.dev).
 * They are asked before a call is sent and again before it runs: a caller in another language has no compiler.
 */
import { keysOf, type SchemaIssue, type StandardSchema } from '../standard-schema.ts'
import { ArgumentsError } from './parameters.ts'

/** Of the list of a task's positional arguments. */
export type ArgumentSchema = StandardSchema

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
  const problems = result.issues.map((issue) => `${nameOf(issue)}: ${issue.message}`)
  throw new ArgumentsError(`${task}() does not take these arguments: ${problems.join('; ')}`)
}

function nameOf(issue: SchemaIssue): string {
  const [position, ...rest] = keysOf(issue)
  return position === undefined ? 'arguments' : [`argument ${Number(position) + 1}`, ...rest].join('.')
}
