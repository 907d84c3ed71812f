import { type ConnectionUrl, InvalidValueError, parseUrl, tlsOptionsOf } from '@voice-pocket/kombu'
import { findMaster, redisAddress } from '@voice-pocket/kombu/redis'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { ResolvedBackendOptions } from './options.ts'
import { CONNECTION, type RedisSearch } from './redis-server.ts'

/**
 * `sentinel://host:26379/0;sentinel://other:26379/0`: results in the Redis that these Sentinels say is the master of
 * the group `master_name`, asked anew for each connection; the first that answers is believed. User, password and database
 * are those of the first address, as in Celery.
 * @throws ImproperlyConfigured
 */
export function searchBySentinels(
  url: string,
  { ssl, sentinel }: Pick<ResolvedBackendOptions, 'ssl' | 'sentinel'>,
): RedisSearch {
  if (sentinel.master_name === undefined) {
    throw new ImproperlyConfigured(
      "resultBackend is a Sentinel; name the group of Redis servers: resultBackendTransportOptions { master_name: '…' }.",
    )
  }
  const tls = { options: ssl ? tlsOptionsOf(ssl) : {}, isRequired: ssl !== false }
  try {
    const urls = url.split(';').map((each) => parseUrl(each))
    const { username, password, database } = redisAddress(urls[0] as ConnectionUrl, tls)
    const entry = { database, ...(username && { username }), ...(password && { password }) }
    return {
      url: urls.map((each) => redisAddress(each, tls).url).join(';'),
      async find(signal) {
        const failures: unknown[] = []
        for (const each of urls) {
          try {
            return { ...(await findMaster(each, sentinel, CONNECTION, { tls, signal })), ...entry }
          } catch (error) {
            failures.push(error)
          }
        }
        throw failures.at(-1)
      },
    }
  } catch (cause) {
    if (!(cause instanceof InvalidValueError)) throw cause
    throw new ImproperlyConfigured(`The result backend's address is wrong: ${cause.message}.`, { cause })
  }
}
