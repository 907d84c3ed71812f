/**
 * TLS as Kombu writes it (`Connection(ssl=…)`, Celery's `broker_use_ssl`): `true` for the usual, or a table of Python's
 * names. The names of redis-py begin with `ssl_`, those of py-amqp do not; both are read for either.
 */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { InvalidValueError } from './exceptions.ts'

/** By Python's names, with or without `ssl_` before them. */
export interface SslOptions {
  /** Path of the private key (PEM). */
  readonly keyfile?: string
  /** Path of one's own certificate (PEM). */
  readonly certfile?: string
  /** Path of the certificates that are trusted (PEM); the system's unless given. */
  readonly ca_certs?: string
  /** Whether the server's certificate is checked: `required`, `optional`, `none`, `CERT_…`, or `ssl`'s numbers. */
  readonly cert_reqs?: string | number
  /** The name the certificate must be for; that of the URL unless given. */
  readonly server_hostname?: string
  /** Whether that name is checked at all. Default true. */
  readonly check_hostname?: boolean
  /** OpenSSL's list of ciphers. */
  readonly ciphers?: string
  readonly [name: `ssl_${string}`]: unknown
}

const READERS: Readonly<Record<string, (value: unknown, name: string) => TlsOptions>> = {
  keyfile: (value, name) => ({ key: contents(value, name) }),
  certfile: (value, name) => ({ cert: contents(value, name) }),
  ca_certs: (value, name) => ({ ca: contents(value, name) }),
  cert_reqs: (value, name) => ({ rejectUnauthorized: isCertificateRequired(value, name) }),
  server_hostname: (value, name) => ({ servername: text(value, name) }),
  check_hostname: (value, name) => (isTrue(value, name) ? {} : { checkServerIdentity: () => undefined }),
  ciphers: (value, name) => ({ ciphers: text(value, name) }),
}

/** Reads the files that the options name. @throws InvalidValueError which names the option */
export function tlsOptionsOf(ssl: true | SslOptions): TlsOptions {
  if (ssl === true) return {}
  const given = Object.entries(ssl).filter(([, value]) => value !== undefined && value !== null)
  const read = given.map(([name, value]) => {
    const reader = READERS[name.replace(/^ssl_/, '')]
    if (reader) return reader(value, name)
    const names = Object.keys(READERS).join(', ')
    throw new InvalidValueError(
      `there is no TLS option ${name}; there are ${names}, also with ssl_ before them`,
    )
  })
  return Object.assign({}, ...read)
}

/** A server always has a certificate, so that `optional` means it is checked. @throws InvalidValueError */
export function isCertificateRequired(value: unknown, name: string): boolean {
  const word = String(value)
    .toLowerCase()
    .replace(/^(verifymode\.)?cert_/, '')
  if (word === 'none' || word === '0') return false
  if (word === 'required' || word === 'optional' || word === '1' || word === '2') return true
  throw new InvalidValueError(`${name} is ${JSON.stringify(value)}; it must be required, optional or none`)
}

function contents(value: unknown, name: string): Buffer {
  const path = text(value, name)
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new InvalidValueError(`${name} names the file ${path}, which cannot be read; correct the path`, {
      cause,
    })
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new InvalidValueError(`${name} is ${JSON.stringify(value)}; it must be a string that is not empty`)
}

function isTrue(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value
  throw new InvalidValueError(`${name} is ${JSON.stringify(value)}; it must be true or false`)
}
