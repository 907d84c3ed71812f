import { ErrorReply } from '@redis/client'
import type { RedisClient } from './connection.ts'
import type { Keys } from './keys.ts'

/**
 * Who consumes what, for others like us: each connection is subscribed to a channel for each queue it consumes, where
 * nothing is ever said. Redis counts subscribers and forgets those whose connection ended, however it ended. Python's
 * workers do not take part, and who may not subscribe is not seen.
 */
export class Presence {
  readonly #client: RedisClient
  readonly #subscriber: () => Promise<RedisClient>
  readonly #keys: Keys
  /** Queue to the consumers of this connection. */
  readonly consumers = new Map<string, Set<string>>()

  constructor(client: RedisClient, subscriber: () => Promise<RedisClient>, keys: Keys) {
    this.#client = client
    this.#subscriber = subscriber
    this.#keys = keys
  }

  async join(queue: string, consumerTag: string): Promise<void> {
    const consumers = this.consumers.get(queue)
    this.consumers.set(queue, (consumers ?? new Set()).add(consumerTag))
    if (consumers) return
    const client = await this.#subscriber()
    await unlessRefused(client.subscribe(this.#keys.consumersChannel(queue), NOTHING))
  }

  async leave(queue: string, consumerTag: string): Promise<void> {
    const consumers = this.consumers.get(queue)
    if (consumers?.delete(consumerTag) && consumers.size === 0) await this.leaveAll(queue)
  }

  async leaveAll(queue: string): Promise<void> {
    if (!this.consumers.delete(queue)) return
    const client = await this.#subscriber()
    await unlessRefused(client.unsubscribe(this.#keys.consumersChannel(queue)))
  }

  /** Our own consumers, and one for each other connection that has any. */
  async count(queue: string): Promise<number> {
    const channel = this.#keys.consumersChannel(queue)
    const counts = await unlessRefused(this.#client.pubSubNumSub([channel]))
    const own = this.consumers.get(queue)
    const others = Number(counts?.[channel] ?? 0) - (own ? 1 : 0)
    return (own?.size ?? 0) + Math.max(0, others)
  }
}

const NOTHING = () => undefined

/** An ACL may allow Kombu's channels and no others; being counted is not worth failing for. */
async function unlessRefused<T>(command: Promise<T>): Promise<T | undefined> {
  try {
    return await command
  } catch (error) {
    if (error instanceof ErrorReply) return undefined
    throw error
  }
}
