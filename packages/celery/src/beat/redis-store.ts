import { setTimeout } from 'node:timers/promises'
import type { SslOptions } from '@voice-pocket/kombu'
import { type RedisClient, RedisServer } from '../backends/redis-server.ts'
import { parseRedisUrl } from '../backends/redis-url.ts'
import { ImproperlyConfigured, LeadershipLost } from '../exceptions.ts'
import type {
  Leadership,
  LeadOptions,
  ScheduleChanges,
  ScheduleState,
  ScheduleStore,
} from './schedule-store.ts'

/** Takes the lock if nobody has it, with a number that no leader had before. Else who has it, and for how long. */
const ACQUIRE = `
  local held = redis.call('GET', KEYS[1])
  if held then return {held, redis.call('PTTL', KEYS[1])} end
  local token = redis.call('INCR', KEYS[2]) .. ':' .. ARGV[1]
  redis.call('SET', KEYS[1], token, 'PX', ARGV[2])
  return {token, -1}
`

/** Each thing that a leader does is done only while the lock has its number. */
const RENEW = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
`

const SAVE = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  for i = 3, #ARGV, 3 do
    if ARGV[i] == 'del' then redis.call('HDEL', KEYS[2], ARGV[i + 1])
    else redis.call('HSET', KEYS[2], ARGV[i + 1], ARGV[i + 2]) end
  end
  return 1
`

const RELEASE = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])
`

export interface RedisScheduleOptions {
  readonly url: string
  /** Start of the names of its keys. */
  readonly prefix: string
  /** Seconds after which a leader that is silent is dead. */
  readonly lease: number
  /** TLS whatever the address says, or its options by Kombu's names. */
  readonly ssl?: boolean | SslOptions
}

/**
 * The schedule in Redis, for the beats of a cluster: a hash with the state, and beside it a lock with a lease, which
 * its holder renews. The lock's value has a number that only grows, and the state is written by scripts that look at
 * it first: one that was asleep while its lease ran out can write nothing any more.
 */
export class RedisScheduleStore implements ScheduleStore {
  readonly info: string
  readonly #server: RedisServer
  readonly #keys: { readonly lock: string; readonly fence: string; readonly state: string }
  readonly #leaseMs: number
  #client: Promise<RedisClient> | undefined

  constructor({ url, prefix, lease, ssl = false }: RedisScheduleOptions) {
    if (!(lease > 0)) throw new ImproperlyConfigured(`beatLease is ${lease}; it must be more than 0 seconds.`)
    this.#leaseMs = Math.ceil(lease * 1000)
    this.#server = new RedisServer(parseRedisUrl(url, ssl), this.#leaseMs)
    this.#keys = { lock: `${prefix}:leader`, fence: `${prefix}:fence`, state: `${prefix}:schedule` }
    this.info = `${this.#server.url} ${this.#keys.state}`
  }

  async lead({ name, signal, onStandby }: LeadOptions): Promise<Leadership> {
    const { lock, fence } = this.#keys
    let known: string | undefined
    for (;;) {
      signal.throwIfAborted()
      const request = { keys: [lock, fence], arguments: [name, String(this.#leaseMs)] }
      const reply = await this.run((client) => client.eval(ACQUIRE, request))
      const [token, left] = reply as [string, number]
      if (left === -1) return new RedisLeadership(this, this.#keys, token, this.#leaseMs)
      if (token !== known) onStandby(token.slice(token.indexOf(':') + 1))
      known = token
      const pause = Math.min(Math.max(left, 0) + 1, this.#leaseMs / 3)
      await setTimeout(pause, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }

  run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#server.persist(async () => {
      this.#client ??= this.#connect()
      return command(await this.#client)
    })
  }

  async close(): Promise<void> {
    this.#server.close()
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

class RedisLeadership implements Leadership {
  readonly lost: AbortSignal
  readonly #lost = new AbortController()
  readonly #store: RedisScheduleStore
  readonly #keys: { readonly lock: string; readonly state: string }
  readonly #token: string
  readonly #leaseMs: number
  readonly #timer: NodeJS.Timeout

  constructor(
    store: RedisScheduleStore,
    keys: { readonly lock: string; readonly state: string },
    token: string,
    leaseMs: number,
  ) {
    this.#store = store
    this.#keys = keys
    this.#token = token
    this.#leaseMs = leaseMs
    this.lost = this.#lost.signal
    this.#timer = setInterval(() => void this.#renew(), leaseMs / 3)
  }

  async load(): Promise<ScheduleState> {
    const state = await this.#store.run((client) => client.hGetAll(this.#keys.state))
    return new Map(Object.entries(state))
  }

  async save(changes: ScheduleChanges): Promise<void> {
    const steps = [...changes].flatMap(([key, value]) =>
      value === undefined ? ['del', key, ''] : ['set', key, value],
    )
    const saved = this.#eval(SAVE, [this.#keys.lock, this.#keys.state], steps)
    const answer = await saved.catch((cause: unknown) => {
      throw this.#lose(cause) // it was away for a whole lease
    })
    if (answer !== 1) throw this.#lose()
  }

  async release(): Promise<void> {
    clearInterval(this.#timer)
    if (!this.lost.aborted) await this.#eval(RELEASE, [this.#keys.lock], [])
    this.#lost.abort(new LeadershipLost('This beat has let go of the schedule.'))
  }

  async #renew(): Promise<void> {
    try {
      if ((await this.#eval(RENEW, [this.#keys.lock], [])) !== 1) this.#lose()
    } catch (cause) {
      this.#lose(cause) // Redis was away for a whole lease
    }
  }

  #eval(script: string, keys: string[], values: readonly string[]): Promise<unknown> {
    const request = { keys, arguments: [this.#token, String(this.#leaseMs), ...values] }
    return this.#store.run((client) => client.eval(script, request))
  }

  #lose(cause?: unknown): LeadershipLost {
    clearInterval(this.#timer)
    const error = new LeadershipLost('The lease of this beat in Redis ran out; another one may lead now.', {
      cause,
    })
    this.#lost.abort(error)
    return error
  }
}
