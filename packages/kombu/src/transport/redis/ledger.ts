import { uuid } from '../../uuid.ts'
import type { Claim } from '../virtual/store.ts'
import type { RedisBroker } from './broker.ts'
import { entryEnd, readItem } from './item.ts'
import { restore } from './restore.ts'
import { ACK, CLAIM, RENEW } from './scripts.ts'

/**
 * The messages that one connection holds, in Kombu's ledger: the hash `unacked` says what they are, the sorted set
 * `unacked_index` since when. Both are everybody's, Python's workers included.
 *
 * Nothing is lost, whenever a process or a connection ends:
 * 1. A message leaves its list and enters the ledger in one script. Python pops first and records later, and what it
 *    had popped when it was killed is gone. A blocking pop can be in no script, so nothing here waits with one:
 *    see Arrivals for how an empty queue is waited for without taking anything.
 * 2. Tags are made before the script runs, so that when its answer is lost with the connection, this process still
 *    knows what it may be holding. Tags are ours and not the envelopes': one envelope can be in several queues.
 * 3. An entry says where the message goes back to: the default exchange and the queue it came from, which everybody
 *    can route, and which puts no copies into other queues.
 * 4. A message leaves the ledger by `ack`, or in the same step that puts it back into a list.
 * 5. While this process lives it renews its entries; when it is killed they become old, and whoever sweeps restores
 *    them.
 */
export class Ledger {
  readonly #broker: RedisBroker
  readonly #id = uuid()
  /** Tag to queue, in the order they were claimed. */
  readonly #held = new Map<string, string>()
  /** Claims on their way, by the start of their tags, with how many messages they may take. */
  readonly #claiming = new Map<string, number>()
  #lastClaim = 0

  constructor(broker: RedisBroker) {
    this.#broker = broker
  }

  /** Everything that this connection holds or may hold. */
  get tags(): readonly string[] {
    const unanswered = [...this.#claiming].flatMap(([start, limit]) =>
      Array.from({ length: limit }, (_, at) => `${start}${at}`),
    )
    return [...this.#held.keys(), ...unanswered]
  }

  async claim(queue: string, limit: number): Promise<Claim[]> {
    const { unacked, unackedIndex } = this.#broker.keys
    this.#lastClaim += 1
    const start = `${this.#id}.${this.#lastClaim}.`
    this.#claiming.set(start, limit)
    const keys = [unacked, unackedIndex, ...this.#broker.keys.lists(queue)]
    const items = await CLAIM.run(this.#broker.client, keys, [limit, start, entryEnd(queue)])
    const claims: Claim[] = []
    const wrapped: Claim[] = []
    for (const [at, raw] of items.entries()) {
      const tag = `${start}${at}`
      const { envelope, redelivered, parsed, isWrapped } = readItem(raw, queue)
      const claim = { tag, queue, envelope, redelivered, parsed }
      this.#held.set(tag, queue)
      claims.push(claim)
      if (isWrapped) wrapped.push(claim)
    }
    this.#claiming.delete(start)
    await Promise.all(wrapped.map((claim) => this.#record(claim)))
    return claims
  }

  async ack(tags: readonly string[]): Promise<void> {
    const known = tags.filter((tag) => this.#held.has(tag))
    if (known.length === 0) return
    const { unacked, unackedIndex } = this.#broker.keys
    await ACK.run(this.#broker.client, [unacked, unackedIndex], known)
    for (const tag of known) this.#held.delete(tag)
  }

  /** Back to the front of their queues, in their old order. */
  async requeue(tags: readonly string[]): Promise<void> {
    const known = tags.filter((tag) => this.#held.has(tag))
    await restore(this.#broker, known.toReversed())
    for (const tag of known) this.#held.delete(tag)
  }

  /** A deleted queue takes what it had given out with it. */
  async forget(queue: string): Promise<void> {
    await this.ack([...this.#held.keys()].filter((tag) => this.#held.get(tag) === queue))
  }

  async renew(): Promise<void> {
    const tags = [...this.#held.keys()]
    if (tags.length > 0) await RENEW.run(this.#broker.client, [this.#broker.keys.unackedIndex], tags)
  }

  /** The script has put an envelope around what is plainly none; only here it is known what it should say. */
  async #record({ tag, queue, envelope }: Claim): Promise<void> {
    await this.#broker.client.hSet(this.#broker.keys.unacked, tag, `[${envelope}${entryEnd(queue)}`)
  }
}
