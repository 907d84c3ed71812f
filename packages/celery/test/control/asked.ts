import assert from 'node:assert/strict'
import type { Celery } from '../../src/index.ts'

export const NODE = 'one@test'

/** What the worker one@test says to a command. */
export async function asked(
  app: Celery,
  command: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const options = { arguments: args, destination: [NODE], timeout: 20 }
  const replies = await app.control.request(command, options)
  assert.equal(replies.length, 1, `${command} was not answered`)
  return replies[0]?.[NODE]
}
