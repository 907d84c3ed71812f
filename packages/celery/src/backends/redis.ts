import { createHash } from 'node:crypto'
import type { ResolvedBackendOptions } from './options.ts'
import { ORDERED, type PartsLayout, UNORDERED } from './redis-chord-parts.ts'
import { RedisScript } from './redis-script.ts'
import { searchBySentinels } from './redis-sentinel.ts'
import { type RedisClient, RedisServer } from './redis-server.ts'
import { RedisSubscriptions } from './redis-subscriptions.ts'
import { parseRedisUrl } from './redis-url.ts'
import type { CountingStore, Gathered, GatherKeys, Replaced, Subscriber, Subscription } from './store.ts'
import { TurnBatch } from './turn-batch.ts'

/**
 * Celery writes a result with SETEX and PUBLISH in one MULTI, after a look at the old value that somebody may
 * replace meanwhile. This is the same as one atomic step: nothing is written unless the value is still the one seen.
 */
const REPLACE = new RedisScript(`
  local current = redis.call('GET', KEYS[1])
  local seen = current and redis.sha1hex(current) or ''
  if seen ~= ARGV[1] then return {0, current} end
  if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2])
  else redis.call('SETEX', KEYS[1], ARGV[3], ARGV[2]) end
  redis.call('PUBLISH', KEYS[1], ARGV[2])
  return {1}
`)

/** Results in Redis, where Python's Celery keeps them: a key per task, and a channel of the same name. */
export class RedisStore implements CountingStore {
  readonly url: string
  readonly #server: RedisServer
  readonly #subscriptions: RedisSubscriptions
  readonly #parts: PartsLayout
  readonly #reads = new TurnBatch((keys: readonly string[]) => this.#run((client) => client.mGet([...keys])))
  #client: Promise<RedisClient> | undefined

  constructor(url: string, options: ResolvedBackendOptions) {
    const place = /^sentinel:/i.test(url) ? searchBySentinels(url, options) : parseRedisUrl(url, options.ssl)
    this.#server = new RedisServer(place, options.retryDeadlineMs)
    this.#parts = options.chordOrdered ? ORDERED : UNORDERED
    this.#subscriptions = new RedisSubscriptions(this.#server)
    this.url = this.#server.url
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#reads.add(key)) ?? undefined
  }

  /** Repeated after a lost connection, it finds what it wrote itself, and says that it did not write. */
  async replace(
    key: string,
    expected: string | undefined,
    value: string,
    ttlSeconds: number,
  ): Promise<Replaced> {
    const seen = expected === undefined ? '' : createHash('sha1').update(expected).digest('hex')
    const ttl = Math.ceil(ttlSeconds) // SETEX knows whole seconds
    const [written, found] = await this.#run((client) =>
      REPLACE.run(client, [key], [seen, value, String(ttl)]),
    )
    return written === 1 ? { isWritten: true } : { isWritten: false, found: textOrNone(found) }
  }

  async put(key: string, value: string, ttlSeconds: number): Promise<void> {
    await this.#run((client) => {
      const writes = client.multi()
      if (ttlSeconds === 0) writes.set(key, value)
      else writes.setEx(key, Math.ceil(ttlSeconds), value)
      return writes.publish(key, value).exec()
    })
  }

  /** Repeated after a lost connection, it may count twice. */
  async increment(key: string, by: number): Promise<void> {
    await this.#run((client) => client.incrBy(key, by))
  }

  async gather(
    { parts, added, size }: GatherKeys,
    member: string,
    position: number,
    ttlSeconds: number,
  ): Promise<Gathered> {
    const [, count, addedNow, sizeNow] = await this.#run((client) => {
      const steps = this.#parts.add(client.multi(), parts, member, position).get(added).get(size)
      if (ttlSeconds > 0) for (const key of [parts, added, size]) steps.expire(key, Math.ceil(ttlSeconds))
      return steps.exec() as Promise<readonly unknown[]>
    })
    return { count: Number(count), added: textOrNone(addedNow), size: textOrNone(sizeNow) }
  }

  gathered(key: string): Promise<readonly string[]> {
    return this.#run((client) => this.#parts.read(client, key))
  }

  async delete(...keys: readonly string[]): Promise<void> {
    await this.#run((client) => client.del([...keys]))
  }

  subscribe(key: string, subscriber: Subscriber): Subscription {
    return this.#subscriptions.subscribe(key, subscriber)
  }

  /** Redis expires keys by itself. */
  async cleanup(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#subscriptions.failAll(this.#server.closedError())
  }

  #run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#server.persist(async () => {
      this.#client ??= this.#connect()
      return command(await this.#client)
    })
  }

  #connect(): Promise<RedisClient> {
    const forget = (): void => {
      if (this.#client === client) this.#client = undefined
    }
    const client = this.#server.connect(forget)
    client.catch(forget)
    return client
  }
}

const textOrNone = (reply: unknown) => (typeof reply === 'string' ? reply : undefined)
