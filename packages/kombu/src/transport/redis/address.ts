import type { ConnectionOptions } from 'node:tls'
import { InvalidValueError } from '../../exceptions.ts'
import { isCertificateRequired, tlsOptionsOf } from '../../tls.ts'
import { type ConnectionUrl, maskUrl } from '../../url.ts'

const DEFAULT_PORT = 6379

/** Where a Redis is and how it is entered. */
export interface RedisAddress {
  /** The URL without its password. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly database: number
  readonly host: string
  readonly port: number
  /** undefined: no TLS. */
  readonly tls: ConnectionOptions | undefined
}

export interface RedisTls {
  /** They add to what the query says, and win. */
  readonly options: ConnectionOptions
  /** TLS although the address does not say so. */
  readonly isRequired: boolean
}

/**
 * Reads `redis://[[user]:password@][host][:port][/db]` and `rediss://` (TLS), as Kombu and Celery write them. Of the
 * query it knows `db` and redis-py's `ssl_cert_reqs`, `ssl_ca_certs`, `ssl_certfile` and `ssl_keyfile`; the other
 * options of redis-py are for redis-py, and passed over.
 */
export function redisAddress(url: ConnectionUrl, tls: RedisTls = NO_TLS): RedisAddress {
  const { scheme, host = '127.0.0.1', port = DEFAULT_PORT, user, password, virtualHost, query } = url
  const isEncrypted = scheme === 'rediss' || query.ssl === 'true' || tls.isRequired
  const name = virtualHost?.replace(/^\//, '') || query.db || '0'
  return {
    url: maskUrl(url.href),
    ...(user && { username: user }),
    ...(password && { password }),
    database: parseDatabase(name, url),
    host,
    port,
    tls: isEncrypted ? { ...tlsOptions(url), ...tls.options } : undefined,
  }
}

function parseDatabase(name: string, { href }: ConnectionUrl): number {
  if (/^\d+$/.test(name)) return Number(name)
  throw new InvalidValueError(
    `the Redis database in ${maskUrl(href)} is ${JSON.stringify(name)}; it must be a number, as in redis://localhost:6379/0`,
  )
}

const NO_TLS: RedisTls = { options: {}, isRequired: false }

const TLS_NAMES = ['ssl_ca_certs', 'ssl_certfile', 'ssl_keyfile'] as const

function tlsOptions({ query, href }: ConnectionUrl): ConnectionOptions {
  const { ssl_cert_reqs: requirement = 'required' } = query
  const named = TLS_NAMES.filter((name) => query[name]).map((name) => [name, query[name]])
  return {
    rejectUnauthorized: isCertificateRequired(requirement, `ssl_cert_reqs in ${maskUrl(href)}`),
    ...tlsOptionsOf(Object.fromEntries(named)),
  }
}
