import { OperationalError } from '../../exceptions.ts'
import { openSharedDatabase, type SharedDatabase } from '../../sqlite/index.ts'
import type { QueueDeclaration } from '../base.ts'
import type {
  Binding,
  Claim,
  Expiry,
  QueueUsage,
  Store,
  StoredExchange,
  StoredMessage,
} from '../virtual/store.ts'
import { Messages } from './messages.ts'
import { Names } from './names.ts'
import { Presence } from './presence.ts'
import { Registration } from './registration.ts'
import { SCHEMA } from './schema.ts'

/** How soon the messages of a killed process are noticed, and things past their time are removed. */
const SWEEP_INTERVAL_MS = 2_000

/**
 * The store of one connection to a database file. It
 * 1. commits each call by itself (the layer above puts many into one), and rings for those who wait,
 * 2. looks with a read before it claims with a write, so that idle consumers do not disturb each other,
 * 3. sweeps now and then: what dead connections held goes back, what is past its time goes away.
 *
 * `put` resolves when the messages are on the disk: no `kill -9` and no power cut loses them. A claim or an
 * ack that was not committed before such an end did not happen: the message is delivered again, marked so (but the mark
 * of what was claimed in the moment before a power cut may be lost: nobody waits for the disk with a claim).
 */
export class SqliteStore implements Store {
  readonly expiry: Expiry = {
    take: (limit) => this.#takeExpired(limit),
    next: async () => this.#read(() => this.#messages.nextExpiry(this.#now())),
  }
  readonly usage: QueueUsage = {
    touch: (queue) => this.#write(() => this.#presence.touch(queue, this.#now())),
    isOver: async (queue) => this.#read(() => this.#presence.isOver(queue, this.#now())),
  }
  readonly #database: SharedDatabase
  readonly #now: () => number
  readonly #names: Names
  readonly #messages: Messages
  readonly #presence: Presence
  readonly #registration: Registration
  readonly #sweeping: NodeJS.Timeout
  #failure: unknown

  static async open(path: string, now: () => number = Date.now): Promise<SqliteStore> {
    const database = openSharedDatabase(path, SCHEMA)
    const store = new SqliteStore(database, now)
    try {
      store.#registration.removeLeftOvers()
      store.sweep()
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }

  private constructor(database: SharedDatabase, now: () => number) {
    this.#database = database
    this.#now = now
    this.#names = new Names(database.db)
    this.#messages = new Messages(database.db)
    this.#presence = new Presence(database.db)
    this.#registration = Registration.make(database, { presence: this.#presence, messages: this.#messages })
    this.#sweeping = setInterval(() => this.#sweepOrFail(), SWEEP_INTERVAL_MS).unref()
  }

  get id(): string {
    return this.#registration.id
  }

  async getExchange(name: string): Promise<StoredExchange | undefined> {
    return this.#read(() => this.#names.exchange(name))
  }

  putExchange(name: string, exchange: StoredExchange): Promise<void> {
    return this.#write(() => this.#names.putExchange(name, exchange))
  }

  deleteExchange(name: string): Promise<void> {
    return this.#write(() => this.#names.deleteExchange(name))
  }

  async getQueue(name: string): Promise<QueueDeclaration | undefined> {
    return this.#read(() => this.#names.queue(name))
  }

  putQueue(name: string, declaration: QueueDeclaration): Promise<boolean> {
    return this.#write(() => this.#names.putQueue(name, declaration, this.id, this.#now()))
  }

  async deleteQueue(name: string): Promise<number> {
    const count = await this.#write(() => {
      const ready = this.#messages.size(name, this.#now())
      this.#names.deleteQueue(name)
      return ready
    })
    this.#ring([name])
    return count
  }

  bind(exchange: string, binding: Binding): Promise<void> {
    return this.#write(() => this.#names.bind(exchange, binding))
  }

  unbind(exchange: string, binding: Binding): Promise<void> {
    return this.#write(() => this.#names.unbind(exchange, binding))
  }

  async bindings(exchange: string): Promise<readonly Binding[]> {
    return this.#read(() => this.#names.bindings(exchange))
  }

  async put(messages: readonly StoredMessage[]): Promise<void> {
    this.#assertUsable()
    this.#database.quickTransaction(() => this.#messages.put(messages))
    this.#ring(messages.map(({ queue }) => queue)) // whoever takes them takes nothing from the sender's promise
    await this.#database.synced()
  }

  async claim(queues: readonly string[], limit: number): Promise<readonly Claim[]> {
    const now = this.#now()
    const worthwhile = this.#read(() => queues.filter((queue) => this.#messages.isReady(queue, now)))
    if (worthwhile.length === 0) return []
    this.#assertUsable()
    return this.#database.quickTransaction(() => this.#messages.claim(worthwhile, limit, this.id, now))
  }

  async settle(tags: readonly string[], outcome: 'ack' | 'requeue'): Promise<void> {
    if (outcome === 'ack') return this.#writeDurably(() => this.#messages.ack(tags, this.id))
    this.#ring(await this.#write(() => this.#messages.requeue(tags, this.id)))
  }

  async size(queue: string): Promise<number> {
    return this.#read(() => this.#messages.size(queue, this.#now()))
  }

  purge(queue: string): Promise<number> {
    return this.#write(() => this.#messages.purge(queue))
  }

  async wait(queues: readonly string[], signal: AbortSignal): Promise<void> {
    const now = this.#now()
    const look = (): boolean =>
      queues.some((queue) => this.#messages.isReady(queue, now) || this.#names.queue(queue) === undefined)
    // Looking and listening are in one turn: whoever commits after the look rings after the listening began.
    if (this.#read(look)) return
    await this.#database.wait(queues.map(topic), signal)
    if (this.#failure !== undefined) throw this.#failure
  }

  addConsumer(queue: string, consumerTag: string): Promise<void> {
    return this.#write(() => this.#presence.addConsumer(queue, consumerTag, this.id))
  }

  removeConsumer(queue: string, consumerTag: string): Promise<void> {
    return this.#write(() => this.#presence.removeConsumer(queue, consumerTag, this.#now()))
  }

  async consumerCount(queue: string): Promise<number> {
    return this.#read(() => this.#presence.consumerCount(queue))
  }

  /** Gives dead connections' messages back and removes what is past its time; writes only if there is any. */
  sweep(): void {
    const now = this.#now()
    this.#database.read(() => this.#registration.assertAlive())
    this.#ring(this.#registration.buryTheDead(now))
    if (this.#database.read(() => this.#messages.hasExpired(now))) {
      this.#database.transaction(() => this.#messages.deleteExpired(now))
    }
    if (this.#database.read(() => this.#presence.hasUnused(now))) {
      this.#ring(this.#database.transaction(() => this.#presence.deleteUnused(now)))
    }
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    if (!this.#database.isOpen) return
    clearInterval(this.#sweeping)
    try {
      this.#ring(this.#registration.end(this.#now()))
    } finally {
      this.#database.close()
    }
  }

  /** The failure ends the connection through its next call, or the one that waits now. */
  #sweepOrFail(): void {
    try {
      this.sweep()
    } catch (error) {
      clearInterval(this.#sweeping)
      this.#failure = error
    }
  }

  /** Looks with a read first, as `claim` does. */
  async #takeExpired(limit: number): Promise<readonly Claim[]> {
    const now = this.#now()
    if (!this.#read(() => this.#messages.hasDeadLetters(now))) return []
    return this.#write(() => this.#messages.claimExpired(limit, this.id, now))
  }

  #read<T>(read: () => T): T {
    this.#assertUsable()
    return this.#database.read(read)
  }

  async #writeDurably<T>(write: () => T): Promise<T> {
    this.#assertUsable()
    return this.#database.durableTransaction(write)
  }

  async #write<T>(write: () => T): Promise<T> {
    this.#assertUsable()
    return this.#database.transaction(write)
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#database.isOpen) return
    throw new OperationalError(`The connection to ${this.#database.path} is closed; open a new one`)
  }

  #ring(queues: readonly string[]): void {
    for (const queue of new Set(queues)) this.#database.ring(topic(queue))
  }
}

function topic(queue: string): string {
  return `queue ${queue}`
}
