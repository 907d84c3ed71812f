/**
 * Broker addresses: `scheme://user:password@host:port/path?query`. The same form serves a server
 * (`amqp://guest:guest@localhost:5672/vhost`), a file (`sqlite:///relative.sqlite`, `sqlite:////absolute.sqlite`)
 * and a name (`memory://tests`). A password never leaves this file unmasked except in `password` and `href`.
 */
import { InvalidValueError } from './exceptions.ts'

export interface ConnectionUrl {
  /** Exactly what was given, password included: not for logs. */
  readonly href: string
  readonly scheme: string
  /** undefined when the address names none, as in `memory://` and `sqlite:///file`. */
  readonly host: string | undefined
  readonly port: number | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  /** Percent-decoded, with its leading slash; '' when there is none. `sqlite:////tmp/x` gives `//tmp/x`. */
  readonly path: string
  /** The path without its first slash: AMQP's virtual host, Redis' database. undefined when empty. */
  readonly virtualHost: string | undefined
  readonly query: Readonly<Record<string, string>>
}

const FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/i
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/

export function parseUrl(href: string): ConnectionUrl {
  const parts = FORM.exec(href)
  if (!parts) {
    throw new InvalidValueError(
      `${JSON.stringify(maskUrl(href))} is not a broker URL: expected scheme://[user:password@][host][:port][/path], ` +
        `for example amqp://guest:guest@localhost// or sqlite:///broker.sqlite`,
    )
  }
  const [, scheme = '', authority = '', path = '', query = ''] = parts
  const at = authority.lastIndexOf('@')
  const credentials = at < 0 ? undefined : authority.slice(0, at)
  const colon = credentials?.indexOf(':') ?? -1
  const decode = (text: string) => decodePart(text, href)
  const decodedPath = decode(path)
  return {
    href,
    scheme: scheme.toLowerCase(),
    ...parseHost(authority.slice(at + 1), href),
    user: credentials ? decode(colon < 0 ? credentials : credentials.slice(0, colon)) : undefined,
    password: credentials && colon >= 0 ? decode(credentials.slice(colon + 1)) : undefined,
    path: decodedPath,
    virtualHost: decodedPath.slice(1) || undefined,
    query: Object.fromEntries(new URLSearchParams(query)),
  }
}

const PASSWORD = /^([^:/?#]*:\/\/[^/?#]*?:)[^/?#]*@/
/** Of an address whose password has a `/`, `?` or `#` that should have been percent-encoded. */
const MALFORMED_PASSWORD = /^([^:/?#]*:\/\/[^:/?#@]*:)(?!\d*(?:[/?#]|$)).*@/

/** The address with `**` for the password: safe to log. Works on malformed addresses too. */
export function maskUrl(href: string): string {
  const password = PASSWORD.test(href) ? PASSWORD : MALFORMED_PASSWORD
  return href.replace(password, '$1**@').replace(/([?&]password=)[^&]*/gi, '$1**')
}

function parseHost(authority: string, href: string): Pick<ConnectionUrl, 'host' | 'port'> {
  const parts = HOST_AND_PORT.exec(authority)
  if (!parts) {
    throw new InvalidValueError(
      `the host in ${maskUrl(href)} is not host or host:port; write an IPv6 address in [brackets] ` +
        'and percent-encode @ : / ? # in a user name or password',
    )
  }
  const [, host = '', port] = parts
  if (port && (Number(port) < 1 || Number(port) > 65_535)) {
    throw new InvalidValueError(`port ${port} in ${maskUrl(href)} is not between 1 and 65535`)
  }
  return {
    host: decodePart(host.replace(/^\[|\]$/g, ''), href) || undefined,
    port: port ? Number(port) : undefined,
  }
}

function decodePart(text: string, href: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new InvalidValueError(
      `${maskUrl(href)} contains a % that starts no percent-encoded byte; write a literal % as %25`,
      { cause },
    )
  }
}
