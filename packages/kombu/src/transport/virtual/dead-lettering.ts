import { ChannelError } from '../../exceptions.ts'
import type { Payload } from '../base.ts'
import { type DeathReason, deadLetterTarget, died, isCycle } from './death.ts'
import { readEnvelope } from './envelope.ts'
import type { PublisherOptions, Undertaker } from './publisher.ts'
import { lookUpQueue } from './queue-lookup.ts'
import type { Claim, Store } from './store.ts'

type Publish = (payload: Payload, options: PublisherOptions) => Promise<void>

/** Taken in one step at most. */
const BATCH = 100

/** Messages whose time ran out while the process that should have noticed was gone are noticed this late. */
const SWEEP_INTERVAL_MS = 2_000

/**
 * `x-dead-letter-exchange`: where rejected, expired and superfluous messages go. It
 * 1. publishes them there before they leave their queue, so that a crash in between leads to two and never to none,
 * 2. looks for expired ones when one is due that was published here, and now and then for those of others,
 * 3. drops what has no dead letter exchange, or one that is not there, as RabbitMQ does.
 */
export class DeadLettering implements Undertaker {
  readonly #store: Store
  readonly #publish: Publish
  readonly #onFailure: (error: unknown) => void
  readonly #burials = new Set<Promise<void>>()
  readonly #sweeping: NodeJS.Timeout | undefined
  #due: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined
  #isClosed = false

  /** @param onFailure of what nobody waits for */
  constructor(store: Store, publish: Publish, onFailure: (error: unknown) => void) {
    this.#store = store
    this.#publish = publish
    this.#onFailure = onFailure
    if (!store.expiry) return
    this.#sweeping = setInterval(() => this.#begin(this.#buryExpired()), SWEEP_INTERVAL_MS).unref()
  }

  /** Resolves when they are where they belong and out of their queue. */
  async bury(claims: readonly Claim[], reason: DeathReason): Promise<void> {
    await Promise.all(claims.map((claim) => this.#send(claim, reason)))
    await this.#store.settle(
      claims.map(({ tag }) => tag),
      'ack',
    )
  }

  /** The same for whoever cannot wait; a failure is the connection's. */
  buryLater(claims: readonly Claim[], reason: DeathReason): void {
    this.#begin(this.bury(claims, reason))
  }

  /** A message will expire then, in milliseconds since the epoch, and should not go unnoticed. */
  expectExpiry(at: number): void {
    if (this.#isClosed || (this.#due && this.#due.at <= at)) return
    clearTimeout(this.#due?.timer)
    const look = () => {
      this.#due = undefined
      this.#begin(this.#buryExpired())
    }
    const timer = setTimeout(look, Math.min(at - Date.now() + 1, LONGEST_TIMER_MS)).unref()
    this.#due = { at, timer }
  }

  /** Resolves when what was begun is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#burials)
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#sweeping)
    clearTimeout(this.#due?.timer)
  }

  #begin(burial: Promise<void>): void {
    const guarded = burial.catch(this.#onFailure).finally(() => this.#burials.delete(guarded))
    this.#burials.add(guarded)
  }

  async #buryExpired(): Promise<void> {
    const { expiry } = this.#store
    if (!expiry || this.#isClosed) return
    for (let expired = await expiry.take(BATCH); expired.length > 0; expired = await expiry.take(BATCH)) {
      await this.bury(expired, 'expired')
    }
    const next = await expiry.next()
    if (next !== undefined) this.expectExpiry(next)
  }

  async #send({ queue, envelope }: Claim, reason: DeathReason): Promise<void> {
    const target = deadLetterTarget(await lookUpQueue(this.#store, queue))
    if (!target) return
    const message = died(readEnvelope(envelope), queue, reason)
    const { exchange, routingKey = message.routingKey } = target
    // Only what nobody rejects can go round for ever.
    const isWelcome = reason === 'rejected' ? undefined : (name: string) => !isCycle(message, name)
    try {
      await this.#publish(message, { exchange, routingKey, isWelcome })
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error
    }
  }
}

/** What Node's timers can count to. Longer ones look in between, and find nothing yet. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
