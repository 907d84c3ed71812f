import { InvalidValueError, parseUrl, type SslOptions, tlsOptionsOf } from '@voice-pocket/kombu'
import { type RedisAddress, redisAddress } from '@voice-pocket/kombu/redis'
import { ImproperlyConfigured } from '../exceptions.ts'

export type { RedisAddress } from '@voice-pocket/kombu/redis'

/** Reads an address as the transport `redis://` reads it. @throws ImproperlyConfigured */
export function parseRedisUrl(url: string, ssl: boolean | SslOptions = false): RedisAddress {
  try {
    const tls = { options: ssl ? tlsOptionsOf(ssl) : {}, isRequired: ssl !== false }
    return redisAddress(parseUrl(url), tls)
  } catch (cause) {
    if (!(cause instanceof InvalidValueError)) throw cause
    throw new ImproperlyConfigured(`The result backend's address is wrong: ${cause.message}.`, { cause })
  }
}
