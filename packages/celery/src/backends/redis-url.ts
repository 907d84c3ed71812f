import { InvalidValueError, parseUrl } from '@voice-pocket/kombu'
import { type RedisAddress, redisAddress } from '@voice-pocket/kombu/redis'
import { ImproperlyConfigured } from '../exceptions.ts'

export type { RedisAddress } from '@voice-pocket/kombu/redis'

/** Reads an address as the transport `redis://` reads it. @throws ImproperlyConfigured */
export function parseRedisUrl(url: string): RedisAddress {
  try {
    return redisAddress(parseUrl(url))
  } catch (cause) {
    if (!(cause instanceof InvalidValueError)) throw cause
    throw new ImproperlyConfigured(`The result backend's URL is wrong: ${cause.message}.`, { cause })
  }
}
