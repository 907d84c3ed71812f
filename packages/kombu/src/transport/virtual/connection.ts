import { OperationalError } from '../../exceptions.ts'
import type { Channel, TransportConnection } from '../base.ts'
import { VirtualChannel } from './channel.ts'
import { DeadLettering } from './dead-lettering.ts'
import { GroupCommit } from './group-commit.ts'
import { Publisher } from './publisher.ts'
import type { Store } from './store.ts'
import { Topology } from './topology.ts'

interface Settlement {
  readonly tag: string
  readonly outcome: 'ack' | 'requeue'
  /** Called when it is on its way to the store: what is claimed from now on comes after it. */
  readonly makeRoom: () => void
}

/** How long a settlement that nobody waits for may wait for others: the next claim goes with them. */
const SETTLEMENT_LINGER_MS = 1

/**
 * One store, shared by channels. It owns what they have in common: the rules of names, and the group commits of
 * what they publish and settle. A store call that fails unexpectedly is the virtual form of a cut cable: the
 * connection is lost with all its channels, and the store puts back what they held.
 */
export class VirtualConnection implements TransportConnection {
  readonly closed: Promise<OperationalError | undefined>
  readonly store: Store
  readonly topology: Topology
  readonly publisher: Publisher
  readonly deadLettering: DeadLettering
  readonly #settlements: GroupCommit<Settlement>
  readonly #channels = new Set<VirtualChannel>()
  readonly #resolveClosed: (reason: OperationalError | undefined) => void
  #isOpen = true
  #closing: Promise<void> | undefined

  constructor(store: Store) {
    const { promise, resolve } = Promise.withResolvers<OperationalError | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.store = store
    this.topology = new Topology(store, (error) => this.lose(error))
    this.deadLettering = new DeadLettering(
      store,
      (payload, options) => this.publisher.publish(payload, options),
      (error) => this.lose(error),
    )
    this.publisher = new Publisher(store, this.deadLettering)
    this.#settlements = new GroupCommit((settlements) => this.#settle(settlements), SETTLEMENT_LINGER_MS)
    store.lost?.then((error) => this.lose(error))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  async channel(): Promise<Channel> {
    if (!this.#isOpen) throw new OperationalError('the connection is closed; open a channel on a new one')
    const channel = new VirtualChannel(this)
    this.#channels.add(channel)
    return channel
  }

  /** Resolves when the store knows. */
  async settle(settlement: Settlement, isUrgent: boolean): Promise<void> {
    const settled = this.#settlements.add(settlement)
    if (isUrgent) this.#settlements.hurry()
    await settled
  }

  /** Resolves when everything published and settled so far is in the store. */
  async idle(): Promise<void> {
    await Promise.all([this.publisher.idle(), this.#settlements.idle(), this.deadLettering.idle()])
  }

  forget(channel: VirtualChannel): void {
    this.#channels.delete(channel)
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  /** The store failed: everything on this connection ends. Gives the error that callers get. */
  lose(cause: unknown): OperationalError {
    const message = cause instanceof Error ? cause.message : String(cause)
    const loss =
      cause instanceof OperationalError
        ? cause
        : new OperationalError(`the store failed: ${message}`, { cause })
    if (!this.#isOpen) return loss
    this.#isOpen = false
    this.topology.close()
    this.deadLettering.close()
    for (const channel of [...this.#channels]) channel.lose(loss)
    // The first failure is the one to report; that a broken store does not close either adds nothing.
    this.#closing = this.store.close().catch(() => undefined)
    this.#resolveClosed(loss)
    return loss
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    await Promise.all([...this.#channels].map((channel) => channel.close()))
    await this.deadLettering.idle()
    if (!this.#isOpen) return
    this.#isOpen = false
    this.topology.close()
    this.deadLettering.close()
    try {
      await this.store.close()
    } finally {
      this.#resolveClosed(undefined)
    }
  }

  async #settle(settlements: readonly Settlement[]): Promise<undefined> {
    for (const { makeRoom } of settlements) makeRoom()
    for (const outcome of ['ack', 'requeue'] as const) {
      const tags = settlements.filter((settlement) => settlement.outcome === outcome).map(({ tag }) => tag)
      if (tags.length > 0) await this.store.settle(tags, outcome)
    }
  }
}
