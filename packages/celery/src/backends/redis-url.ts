import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { maskUrl, parseUrl } from '@voice-pocket/kombu'
import { ImproperlyConfigured } from '../exceptions.ts'

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
  readonly tls: TlsOptions | undefined
}

type TlsOptions = Pick<ConnectionOptions, 'rejectUnauthorized' | 'ca' | 'cert' | 'key'>

/**
 * Reads `redis://[[user]:password@][host][:port][/db]` and `rediss://` (TLS), as Celery writes them. Of the query
 * it knows `db` and redis-py's `ssl_cert_reqs`, `ssl_ca_certs`, `ssl_certfile` and `ssl_keyfile`; other options
 * of redis-py's are for redis-py, and passed over.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const {
    scheme,
    host = 'localhost',
    port = DEFAULT_PORT,
    user,
    password,
    virtualHost,
    query,
  } = parseUrl(url)
  return {
    url: maskUrl(url),
    ...(user && { username: user }),
    ...(password && { password }),
    database: parseDatabase(virtualHost ?? query.db ?? '0', url),
    host,
    port,
    tls: scheme === 'rediss' ? tlsOptions(query, url) : undefined,
  }
}

function parseDatabase(name: string, url: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  throw new ImproperlyConfigured(
    `The Redis database in ${maskUrl(url)} is '${name}'; it must be a number, as in redis://localhost:6379/0.`,
  )
}

function tlsOptions(query: Readonly<Record<string, string>>, url: string): TlsOptions {
  const {
    ssl_cert_reqs: requirement = 'required',
    ssl_ca_certs: ca,
    ssl_certfile: cert,
    ssl_keyfile: key,
  } = query
  return {
    rejectUnauthorized: isCertificateRequired(requirement, url),
    ...(ca && { ca: readFileSync(ca) }),
    ...(cert && { cert: readFileSync(cert) }),
    ...(key && { key: readFileSync(key) }),
  }
}

/** Python writes `none` or `CERT_NONE`. A server always has a certificate, so that `optional` means it is checked. */
function isCertificateRequired(requirement: string, url: string): boolean {
  const word = requirement.toLowerCase().replace(/^cert_/, '')
  if (word === 'none') return false
  if (word === 'required' || word === 'optional') return true
  throw new ImproperlyConfigured(
    `ssl_cert_reqs in ${maskUrl(url)} is '${requirement}'; it must be required, optional or none.`,
  )
}
