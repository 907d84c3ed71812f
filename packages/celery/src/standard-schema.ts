/** The part of Standard Schema v1 that is used here; zod, valibot, arktype and others have it (https://standardschema.dev). */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The keys that lead to what is wrong. */
export function keysOf({ path = [] }: SchemaIssue): readonly string[] {
  return path.map((part) => String(typeof part === 'object' ? part.key : part))
}

/** `price: must be a number`; what is wrong as a whole has no keys. */
export function describeIssue(issue: SchemaIssue): string {
  const keys = keysOf(issue)
  return keys.length === 0 ? issue.message : `${keys.join('.')}: ${issue.message}`
}
