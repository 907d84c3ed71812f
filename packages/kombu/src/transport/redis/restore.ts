import { uuid } from '../../uuid.ts'
import type { RedisBroker } from './broker.ts'
import { readEntry } from './item.ts'
import type { RedisOptions } from './options.ts'
import { BUFFERS, EXPIRED, RESTORE, UNLOCK } from './scripts.ts'

/**
 * Kombu locks for five minutes, in which nobody can sweep when the one who does is killed. A sweep takes no such time,
 * and its lock only saves the others the work: were it to expire in between, no message would be restored twice.
 */
const LOCK_MS = 1_000

/** Restored in one step: enough to keep their order, little enough to keep nobody waiting. */
const BATCH = 100

/**
 * Puts messages of the ledger back to the front of their queues, the first tag first, so that the last will be the
 * next one out. With `before`, only what nobody has taken or renewed since. What cannot be read or routed here stays
 * in the ledger: another program may know better, and nothing is lost.
 */
export async function restore(broker: RedisBroker, tags: readonly string[], before?: string): Promise<void> {
  for (let at = 0; at < tags.length; at += BATCH) {
    await restoreBatch(broker, tags.slice(at, at + BATCH), before)
  }
}

async function restoreBatch(broker: RedisBroker, tags: readonly string[], before = ''): Promise<void> {
  const { client, keys } = broker
  const entries = await client.sendCommand<(Buffer | null)[]>(['HMGET', keys.unacked, ...tags], BUFFERS)
  const scriptKeys = [keys.unacked, keys.unackedIndex]
  const args = [before]
  for (const [at, tag] of tags.entries()) {
    const entry = entries[at]
    // A tag without a message only leaves the index.
    const target = entry ? await whereTo(broker, entry) : { text: '', lists: [] }
    if (!target) continue
    // Lua counts from 1.
    const numbers = target.lists.map((list) => scriptKeys.push(list))
    args.push(tag, target.text, numbers.join(' '))
  }
  await RESTORE.run(client, scriptKeys, args)
}

/**
 * Restores what was held for longer than the visibility timeout without a sign of life, as each of Python's workers
 * does: one at a time in the whole database, by Kombu's lock.
 */
export async function sweep(broker: RedisBroker, options: RedisOptions): Promise<void> {
  const { client, keys } = broker
  const token = uuid()
  const expiration = { type: 'PX', value: LOCK_MS } as const
  if (!(await client.set(keys.unackedMutex, token, { condition: 'NX', expiration }))) return
  try {
    const limits = [options.visibilityTimeout, options.unackedRestoreLimit]
    const [before, ...tags] = await EXPIRED.run(client, [keys.unackedIndex], limits)
    await restore(broker, tags.map(String), String(before))
  } finally {
    await UNLOCK.run(client, [keys.unackedMutex], [token])
  }
}

interface Target {
  readonly text: string
  readonly lists: readonly string[]
}

async function whereTo({ keys, bindings }: RedisBroker, raw: Buffer): Promise<Target | undefined> {
  const entry = readEntry(raw)
  if (!entry) return undefined
  const queues = await bindings.queuesFor(entry.exchange, entry.routingKey)
  if (queues.length === 0) return undefined
  return { text: entry.restored, lists: queues.map((queue) => keys.listFor(queue, entry.priority)) }
}
