import { createHash } from 'node:crypto'
import { ErrorReply } from '@redis/client'
import type { RedisClient } from './redis-server.ts'

/** What happens in one atomic step, in Lua; a Redis that knows it already is told its name only. */
export class RedisScript {
  readonly #source: string
  readonly #name: string

  constructor(source: string) {
    this.#source = source
    this.#name = createHash('sha1').update(source).digest('hex')
  }

  /** For scripts that answer with a list. */
  async run(
    client: RedisClient,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<readonly unknown[]> {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await client.sendCommand<unknown[]>(['EVALSHA', this.#name, ...rest])
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.sendCommand<unknown[]>(['EVAL', this.#source, ...rest])
    }
  }
}
