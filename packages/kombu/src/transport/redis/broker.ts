import type { Bindings } from './bindings.ts'
import type { RedisClient } from './connection.ts'
import type { Keys } from './keys.ts'

/** One way into a Redis and where things are there: what all parts of a store work with. */
export interface RedisBroker {
  readonly client: RedisClient
  readonly keys: Keys
  readonly bindings: Bindings
}
