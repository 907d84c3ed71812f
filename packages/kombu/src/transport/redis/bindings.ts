import type { ExchangeType } from '../base.ts'
import { topicMatches } from '../virtual/exchange.ts'
import type { RedisClient } from './connection.ts'
import type { Keys } from './keys.ts'

export interface BindingMember {
  readonly routingKey: string
  /** Of a binding to a topic exchange, a regular expression of Python's; else empty. */
  readonly pattern: string
  readonly queue: string
}

/** Kombu's bindings: a set for each exchange, its members the routing key, the pattern and the queue in one text. */
export class Bindings {
  readonly #client: RedisClient
  readonly #keys: Keys
  readonly #sep: string

  constructor(client: RedisClient, keys: Keys, sep: string) {
    this.#client = client
    this.#keys = keys
    this.#sep = sep
  }

  async of(exchange: string): Promise<readonly BindingMember[]> {
    const members = await this.#client.sMembers(this.#keys.bindings(exchange))
    return members.flatMap((member) => {
      const [routingKey, pattern, queue] = member.split(this.#sep)
      return routingKey === undefined || pattern === undefined || !queue ? [] : { routingKey, pattern, queue }
    })
  }

  async add(exchange: string, type: ExchangeType, queue: string, routingKey: string): Promise<void> {
    const pattern = type === 'topic' ? topicPattern(routingKey) : ''
    await this.#client.sAdd(this.#keys.bindings(exchange), this.#member({ routingKey, pattern, queue }))
  }

  /** Whatever pattern it was bound with. */
  async remove(exchange: string, queue: string, routingKey?: string): Promise<void> {
    const members = (await this.of(exchange)).filter(
      (member) => member.queue === queue && (routingKey === undefined || member.routingKey === routingKey),
    )
    if (members.length === 0) return
    await this.#client.sRem(
      this.#keys.bindings(exchange),
      members.map((member) => this.#member(member)),
    )
  }

  async removeAll(exchange: string): Promise<void> {
    await this.#client.del(this.#keys.bindings(exchange))
  }

  /** What kind of exchange it is by its bindings, which is all that Redis knows of it; undefined when there are none. */
  async typeOf(exchange: string): Promise<ExchangeType | undefined> {
    const members = await this.of(exchange)
    if (members.length === 0) return undefined
    return members.some(({ pattern }) => pattern !== '') ? 'topic' : 'direct'
  }

  /** Where a message goes that somebody published with this key. */
  async queuesFor(exchange: string, routingKey: string): Promise<readonly string[]> {
    if (exchange === '') return routingKey === '' ? [] : [routingKey]
    const matching = (await this.of(exchange)).filter((member) =>
      member.pattern === '' ? member.routingKey === routingKey : topicMatches(member.routingKey, routingKey),
    )
    return [...new Set(matching.map(({ queue }) => queue))]
  }

  #member({ routingKey, pattern, queue }: BindingMember): string {
    return [routingKey, pattern, queue].join(this.#sep)
  }
}

/**
 * A topic key as the regular expression that Kombu's publishers match with (kombu/transport/virtual/exchange.py).
 * Its `*` is not quite AMQP's; our own publishers match the key itself.
 */
function topicPattern(routingKey: string): string {
  const words = routingKey.split('.').map((word) => {
    if (word === '*') return '.*?[^\\.]'
    return word === '#' ? '.*?' : word.replace(/[^\p{L}\p{N}#*]/gu, '\\$&')
  })
  return `^${words.join('\\.')}$`
}
