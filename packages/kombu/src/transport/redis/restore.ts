import { RESP_TYPES } from '@redis/client'
import { uuid } from '../../uuid.ts'
import type { RedisBroker } from './broker.ts'
import { readEntry } from './item.ts'
import type { RedisOptions } from './options.ts'
import { EXPIRED, RESTORE, UNLOCK } from './scripts.ts'

/**
 * Puts messages of the ledger back to the front of their queues, the first tag first, so that the last will be the
 * next one out. With `before`, only what nobody has taken or renewed since. What cannot be read or routed here stays
 * in the ledger: another program may know better, and nothing is lost.
 */
export async function restore(broker: RedisBroker, tags: readonly string[], before?: string): Promise<void> {
  if (tags.length === 0) return
  const { client, keys } = broker
  const entries = await client.sendCommand<(Buffer | null)[]>(['HMGET', keys.unacked, ...tags], {
    typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer },
  })
  const ledger = [keys.unacked, keys.unackedIndex]
  const guard = before === undefined ? [] : [before]
  const restoring: Promise<number>[] = []
  for (const [at, tag] of tags.entries()) {
    const entry = entries[at]
    const target = entry ? await whereTo(broker, entry) : NOTHING
    if (target) {
      restoring.push(RESTORE.run(client, [...ledger, ...target.lists], [tag, target.text, ...guard]))
    }
  }
  await Promise.all(restoring)
}

/**
 * Restores what was held for longer than the visibility timeout without a sign of life, as each of Python's workers
 * does: one at a time in the whole database, by Kombu's lock.
 */
export async function sweep(broker: RedisBroker, options: RedisOptions): Promise<void> {
  const { client, keys } = broker
  const token = uuid()
  const expiration = { type: 'PX', value: options.unackedMutexExpire * 1000 } as const
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

/** A tag that has no message: it only leaves the index. */
const NOTHING: Target = { text: '', lists: [] }

async function whereTo({ keys, bindings }: RedisBroker, raw: Buffer): Promise<Target | undefined> {
  const entry = readEntry(raw)
  if (!entry) return undefined
  const queues = await bindings.queuesFor(entry.exchange, entry.routingKey)
  if (queues.length === 0) return undefined
  return { text: entry.restored, lists: queues.map((queue) => keys.listFor(queue, entry.priority)) }
}
