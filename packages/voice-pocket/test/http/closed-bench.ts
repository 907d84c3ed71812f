import type { TestContext } from 'node:test'
import type { HttpAppOptions } from '../../src/http/server.ts'
import { closedAccess } from './access-options.ts'
import { openHttpBench } from './http-bench.ts'

export const MINJI = 'minji@example.com'
export const MINHO = 'minho@example.com'

/** The API with keys. `keyOf()` makes one of a service, `keyOf(email)` one of a user, and gives the headers that show it. */
export async function openClosedBench(
  t: TestContext,
  options: Parameters<typeof closedAccess>[1] = {},
  changes: Partial<HttpAppOptions> = {},
) {
  let access: ReturnType<typeof closedAccess> | undefined
  const bench = await openHttpBench(t, (speech) => {
    access = closedAccess(speech, options)
    return { ...access.options, ...changes }
  })
  if (!access) throw new TypeError('openHttpBench() asks for its changes')
  const { keys, keyOf, records } = access
  const get = (path: string, headers: Record<string, string> = {}) => bench.app.request(path, { headers })
  return { ...bench, keys, keyOf, records, get }
}

/** What a problem says, for programs. */
export async function codeOf(response: Response): Promise<[number, string]> {
  const { code } = (await response.json()) as { code: string }
  return [response.status, code]
}
