import { findExecutable } from '../scripts/services/executable.ts'

/** Why tests that need this program are skipped, or false. In CI it must be there. */
export async function tool(name: string): Promise<{ skip: string | false }> {
  if (await findExecutable([name])) return { skip: false }
  if (process.env.CI)
    throw new Error(`${name} is missing: in CI every example must run. npm test installs it.`)
  return { skip: `${name} is not installed` }
}
