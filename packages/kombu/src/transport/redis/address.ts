import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { InvalidValueError } from '../../exceptions.ts'
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

/**
 * Reads `redis://[[user]:password@][host][:port][/db]` and `rediss://` (TLS), as Kombu and Celery write them. Of the
 * query it knows `db` and redis-py's `ssl_cert_reqs`, `ssl_ca_certs`, `ssl_certfile` and `ssl_keyfile`; the other
 * options of redis-py are for redis-py, and passed over. `tls` adds to what the query says, and wins.
 */
export function redisAddress(url: ConnectionUrl, tls: ConnectionOptions = {}): RedisAddress {
  const { scheme, host = '127.0.0.1', port = DEFAULT_PORT, user, password, virtualHost, query } = url
  const name = virtualHost?.replace(/^\//, '') || query.db || '0'
  return {
    url: maskUrl(url.href),
    ...(user && { username: user }),
    ...(password && { password }),
    database: parseDatabase(name, url),
    host,
    port,
    tls: scheme === 'rediss' || query.ssl === 'true' ? { ...tlsOptions(url), ...tls } : undefined,
  }
}

function parseDatabase(name: string, { href }: ConnectionUrl): number {
  if (/^\d+$/.test(name)) return Number(name)
  throw new InvalidValueError(
    `the Redis database in ${maskUrl(href)} is ${JSON.stringify(name)}; it must be a number, as in redis://localhost:6379/0`,
  )
}

function tlsOptions({ query, href }: ConnectionUrl): ConnectionOptions {
  const {
    ssl_cert_reqs: requirement = 'required',
    ssl_ca_certs: ca,
    ssl_certfile: cert,
    ssl_keyfile: key,
  } = query
  return {
    rejectUnauthorized: isCertificateRequired(requirement, href),
    ...(ca && { ca: readFileSync(ca) }),
    ...(cert && { cert: readFileSync(cert) }),
    ...(key && { key: readFileSync(key) }),
  }
}

/** Python writes `none` or `CERT_NONE`. A server always has a certificate, so that `optional` means it is checked. */
function isCertificateRequired(requirement: string, href: string): boolean {
  const word = requirement.toLowerCase().replace(/^cert_/, '')
  if (word === 'none') return false
  if (word === 'required' || word === 'optional') return true
  throw new InvalidValueError(
    `ssl_cert_reqs in ${maskUrl(href)} is ${JSON.stringify(requirement)}; it must be required, optional or none`,
  )
}
