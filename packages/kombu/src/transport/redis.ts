/**
 * `redis://[[user]:password@]host[:port][/db]`, `rediss://` (TLS) and `sentinel://`: Redis in Kombu's layout, shared
 * with Python's programs. See `redis/store.ts` for what it promises, `redis/options.ts` for what can be set.
 */
import type { ConnectionUrl } from '../url.ts'
import type { TransportOptions } from './base.ts'
import { redisAddress } from './redis/address.ts'
import { resolveRedisOptions } from './redis/options.ts'
import { findMaster } from './redis/sentinel.ts'
import { RedisStore } from './redis/store.ts'
import { VirtualTransport } from './virtual/transport.ts'

export const transport = new VirtualTransport({
  driverType: 'redis',
  driverName: '@redis/client',
  implements: {
    shared: true,
    heartbeats: true,
    priority: 'lowest-first',
    declaredQueues: false,
    messageTtl: false,
    exchangeBindings: false,
    fanoutPatterns: true,
  },
  open,
})

async function open(url: ConnectionUrl, options: TransportOptions, signal: AbortSignal): Promise<RedisStore> {
  const { transportOptions, connectTimeoutMs, heartbeat } = options
  const tls = { options: options.tls, isRequired: options.isTlsRequired }
  const { client_name: clientName = options.name } = transportOptions
  const connection = { connectTimeoutMs, heartbeat, name: String(clientName) }
  const settings = resolveRedisOptions(transportOptions)
  const address =
    url.scheme === 'sentinel'
      ? await findMaster(url, transportOptions, connection, { tls, signal })
      : redisAddress(url, tls)
  // After a fail-over the master is another server, and the broker is still the same.
  const server = url.scheme === 'sentinel' ? transportOptions.master_name : `${address.host}:${address.port}`
  const name = `${server}/${address.database} ${settings.globalKeyprefix}`
  return RedisStore.open({ name, address, connection, options: settings }, signal)
}
