import { ChannelError, UnroutableError } from '../../exceptions.ts'
import type { Payload, PublishOptions, QueueDeclaration } from '../base.ts'
import { type DeathReason, deadLetterTarget } from './death.ts'
import { writeEnvelope } from './envelope.ts'
import { route } from './exchange.ts'
import { GroupCommit } from './group-commit.ts'
import { lookUpQueue } from './queue-lookup.ts'
import type { Claim, Envelope, Store, StoredMessage } from './store.ts'

export interface PublisherOptions extends PublishOptions {
  /** Which of the queues that it is routed to may have it; all unless given. */
  readonly isWelcome?: ((queue: string) => boolean) | undefined
}

/** Who sees to messages that end otherwise than by being settled. */
export interface Undertaker {
  buryLater(claims: readonly Claim[], reason: DeathReason): void
  expectExpiry(at: number): void
}

interface Publication extends PublisherOptions {
  readonly envelope: Envelope
  readonly priority: number
  readonly expirationMs: number | undefined
}

interface Target {
  readonly queue: string
  readonly declaration: QueueDeclaration
}

const HIGHEST_PRIORITY = 255

/**
 * Publishes for all channels of a connection. What is published in one turn of the event loop becomes one
 * `store.put`; each call resolves after that commit, or rejects alone if it alone was wrong.
 */
export class Publisher {
  readonly #store: Store
  readonly #undertaker: Undertaker
  readonly #commits = new GroupCommit<Publication>((publications) => this.#commit(publications))

  constructor(store: Store, undertaker: Undertaker) {
    this.#store = store
    this.#undertaker = undertaker
  }

  async publish(payload: Payload, options: PublisherOptions): Promise<void> {
    const { expiration, priority = 0 } = payload.properties
    await this.#commits.add({
      ...options,
      envelope: writeEnvelope(payload, options.exchange, options.routingKey),
      priority: Math.min(Math.max(Math.trunc(priority), 0), HIGHEST_PRIORITY),
      expirationMs: expiration === undefined ? undefined : milliseconds(expiration),
    })
  }

  async idle(): Promise<void> {
    await this.#commits.idle()
  }

  async #commit(publications: readonly Publication[]): Promise<(Error | undefined)[]> {
    const routes = new Map<string, Promise<readonly Target[]>>()
    const messages: StoredMessage[] = []
    const outcomes: (Error | undefined)[] = []
    const broadcasts: (() => Promise<void>)[] = []
    for (const [index, publication] of publications.entries()) {
      if (await this.#isBroadcast(publication)) {
        broadcasts.push(async () => {
          outcomes[index] = await this.#broadcast(publication)
        })
        continue
      }
      const key = JSON.stringify([publication.exchange, publication.routingKey])
      const targets = routes.get(key) ?? this.#targets(publication)
      routes.set(key, targets)
      outcomes[index] = await addressed(publication, targets, messages)
    }
    const put = messages.length > 0 ? this.#store.put(messages) : undefined
    await Promise.all([put, ...broadcasts.map((broadcast) => broadcast())])
    const targets = await Promise.all([...routes.values()].map((routed) => routed.catch(() => [])))
    this.#expectExpiry(messages, targets.flat())
    await this.#dropOverflow(targets.flat())
    return outcomes
  }

  async #isBroadcast({ exchange }: Publication): Promise<boolean> {
    if (!this.#store.publishFanout || exchange === '') return false
    return (await this.#store.getExchange(exchange))?.type === 'fanout'
  }

  async #broadcast(publication: Publication): Promise<Error | undefined> {
    const { exchange, routingKey, envelope, mandatory } = publication
    const reached = await this.#store.publishFanout?.(exchange, routingKey, envelope)
    return reached === 0 && mandatory ? unroutable(publication) : undefined
  }

  async #targets(publication: Publication): Promise<readonly Target[]> {
    const targets: Target[] = []
    for (const queue of await route(this.#store, publication.exchange, publication.routingKey)) {
      const declaration = await lookUpQueue(this.#store, queue)
      if (declaration) targets.push({ queue, declaration })
    }
    return targets
  }

  /** Whoever waits at a dead letter exchange gets an expired message when it expires, and not some time later. */
  #expectExpiry(messages: readonly StoredMessage[], targets: readonly Target[]): void {
    const watched = targets
      .filter(({ declaration }) => deadLetterTarget(declaration))
      .map(({ queue }) => queue)
    if (watched.length === 0) return
    const times = messages
      .filter(({ queue }) => watched.includes(queue))
      .map(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt)
    const soonest = Math.min(...times)
    if (soonest < Number.POSITIVE_INFINITY) this.#undertaker.expectExpiry(soonest)
  }

  /** `x-max-length`: the head of the queue makes room for its tail, as RabbitMQ does by default. */
  async #dropOverflow(targets: readonly Target[]): Promise<void> {
    for (const { queue, declaration } of targets) {
      const maxLength = declaration.arguments?.['x-max-length']
      if (typeof maxLength !== 'number') continue
      const excess = (await this.#store.size(queue)) - maxLength
      if (excess <= 0) continue
      this.#undertaker.buryLater(await this.#store.claim([queue], excess), 'maxlen')
    }
  }
}

/** Adds the publication's messages, or says why there are none. Only this publication's own errors are returned. */
async function addressed(
  publication: Publication,
  routed: Promise<readonly Target[]>,
  messages: StoredMessage[],
): Promise<Error | undefined> {
  try {
    const targets = await routed
    if (targets.length === 0 && publication.mandatory) return unroutable(publication)
    for (const target of targets) {
      if (publication.isWelcome?.(target.queue) ?? true) messages.push(stored(publication, target))
    }
    return undefined
  } catch (error) {
    if (error instanceof ChannelError) return error
    throw error
  }
}

function stored(publication: Publication, target: Target): StoredMessage {
  const queueTtl = target.declaration.arguments?.['x-message-ttl']
  const ttl = Math.min(
    publication.expirationMs ?? Number.POSITIVE_INFINITY,
    typeof queueTtl === 'number' ? queueTtl : Number.POSITIVE_INFINITY,
  )
  return {
    queue: target.queue,
    envelope: publication.envelope,
    priority: publication.priority,
    expiresAt: ttl === Number.POSITIVE_INFINITY ? undefined : Date.now() + ttl,
  }
}

function unroutable({ exchange, routingKey }: PublishOptions): UnroutableError {
  return new UnroutableError(
    `no queue gets ${JSON.stringify(routingKey)} from exchange ${JSON.stringify(exchange)}; ` +
      'bind one, or leave mandatory out if that is fine',
  )
}

function milliseconds(expiration: string): number {
  if (!/^\d+$/.test(expiration)) {
    throw new ChannelError(`expiration ${JSON.stringify(expiration)} is not a number of milliseconds`, 406)
  }
  return Number(expiration)
}
