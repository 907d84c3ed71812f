import type { Backend } from '../backends/base.ts'
import type { CallOptions } from './call.ts'
import type { TaskCall } from './protocol.ts'

/**
 * Sends a call unless one with the same key was sent within the time; returns the id of the one that counts. The key
 * is claimed before sending, so that two clients at once send one message; a client that dies in between keeps the
 * key for its time, and nothing is sent under it: that is the price of never sending twice.
 */
export async function sendOnce(
  { id, task }: TaskCall,
  { uniqueKey, uniqueFor }: Pick<CallOptions, 'uniqueKey' | 'uniqueFor'>,
  app: { backend(): Promise<Backend> },
  send: () => Promise<void>,
): Promise<string> {
  if (uniqueFor === undefined || !(uniqueFor > 0)) {
    throw new RangeError(
      `'uniqueFor' is ${uniqueFor}. A 'uniqueKey' needs a number of seconds in which it counts.`,
    )
  }
  const backend = await app.backend()
  const key = `${task}:${uniqueKey}`
  const first = await backend.claimKey(key, id, uniqueFor)
  if (first !== id) return first
  try {
    await send()
  } catch (error) {
    await backend.releaseKey(key, id)
    throw error
  }
  return id
}
