import type { RedisClient, RedisServer } from './redis-server.ts'
import type { Subscriber, Subscription } from './store.ts'
import { Subscribers } from './subscribers.ts'
import { TurnBatch } from './turn-batch.ts'

/** How long a channel is kept that nobody waits for any more, unless there is something to subscribe to before. */
const LEAVE_AFTER_MS = 10

/**
 * All the waiting of one backend, on one connection of its own: SUBSCRIBE for the channels that somebody waits for,
 * and no others. When the connection breaks, the next one subscribes to all of them and then tells everybody to
 * read again, because what was published in between reached nobody. If there is no next one, everybody fails. Who waits
 * for one result after the other leaves a channel in the same breath as the next one is joined.
 */
export class RedisSubscriptions {
  readonly #server: RedisServer
  readonly #subscribers = new Subscribers()
  readonly #joins = new TurnBatch((channels: readonly string[]) => this.#join(channels))
  /** Nobody waits for them, and the server has not been told yet. */
  readonly #left = new Set<string>()
  #leaving: NodeJS.Timeout | undefined
  #session: Promise<RedisClient> | undefined

  constructor(server: RedisServer) {
    this.#server = server
  }

  subscribe(channel: string, subscriber: Subscriber): Subscription {
    const forget = this.#subscribers.add(channel, subscriber)
    const end = () => {
      forget()
      this.#left.add(channel)
      this.#leaving ??= setTimeout(() => this.#leave(), LEAVE_AFTER_MS).unref()
    }
    return { ready: this.#joins.add(channel), end }
  }

  failAll(error: Error): void {
    this.#subscribers.failAll(error)
  }

  async #join(channels: readonly string[]): Promise<readonly undefined[]> {
    await this.#server.persist(async () => {
      this.#session ??= this.#start()
      const client = await this.#session
      const wanted = channels.filter((channel) => this.#subscribers.has(channel))
      if (wanted.length === 0) return
      this.#leave()
      await client.subscribe(wanted, this.#deliver)
    })
    return []
  }

  #leave(): void {
    clearTimeout(this.#leaving)
    this.#leaving = undefined
    const unwanted = [...this.#left].filter((channel) => !this.#subscribers.has(channel))
    this.#left.clear()
    if (unwanted.length === 0) return
    const told = this.#session?.then((client) => client.unsubscribe(unwanted, this.#deliver))
    told?.catch(() => undefined) // a connection that is lost has forgotten its subscriptions
  }

  /** One attempt at a connection with all the channels. */
  #start(): Promise<RedisClient> {
    const session = this.#open(() => {
      if (this.#session === session) this.#session = undefined
      if (this.#subscribers.keys.length > 0) this.#restore()
    })
    session.catch(() => {
      if (this.#session === session) this.#session = undefined
    })
    return session
  }

  async #open(onLost: () => void): Promise<RedisClient> {
    const client = await this.#server.connect(onLost)
    const channels = [...this.#subscribers.keys]
    try {
      if (channels.length > 0) await client.subscribe(channels, this.#deliver)
      return client
    } catch (error) {
      this.#server.disconnect(client) // it may be whole, and not allowed to subscribe
      throw error
    }
  }

  #restore(): void {
    this.#server
      .persist(() => (this.#session ??= this.#start()))
      .then(
        () => this.#subscribers.tellAll(),
        (error: Error) => this.failAll(error),
      )
  }

  readonly #deliver = (value: string, channel: string): void => {
    this.#subscribers.tell(channel, value)
  }
}
