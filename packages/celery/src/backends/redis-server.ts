import {
  ClientClosedError,
  ClientOfflineError,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
} from '@redis/client'
import { OperationalError, type ResolvedRetryPolicy, retry } from '@voice-pocket/kombu'
import { type RedisAddress, type RedisClient, RedisConnection } from '@voice-pocket/kombu/redis'
import { BackendError } from '../exceptions.ts'
import { Deadlines } from './deadlines.ts'

export type { RedisClient } from '@voice-pocket/kombu/redis'

/** One attempt to connect; and how often is asked whether the server is still there, in seconds. */
export const CONNECTION = { connectTimeoutMs: 5_000, heartbeat: 10 }

/** What a Redis says while it starts, fails over or runs a script: the same command may do a moment later. */
const PASSING_REPLY = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|ERR max number of clients)/

const CONNECTION_FAULTS = [
  ClientClosedError,
  ClientOfflineError,
  DisconnectsClientError,
  SocketClosedUnexpectedlyError,
]

/** A Redis of which the address may be another one each time it is connected to. */
export interface RedisSearch {
  /** Without passwords. */
  readonly url: string
  find(signal: AbortSignal): Promise<RedisAddress>
}

/**
 * A Redis that is sometimes away. Each client is one connection and never comes back by itself, so that what has
 * to be done on a new connection is done in one place; trying again is `persist`.
 */
export class RedisServer {
  readonly url: string
  readonly #place: RedisAddress | RedisSearch
  readonly #retryDeadlineMs: number
  readonly #deadlines: Deadlines
  readonly #pending = new Set<Pending>()
  readonly #closing = new AbortController()
  /** With what to do when one is lost. */
  readonly #connections = new Map<RedisClient, { connection: RedisConnection; onLost: () => void }>()

  constructor(place: RedisAddress | RedisSearch, retryDeadlineMs: number) {
    this.url = place.url
    this.#place = place
    this.#retryDeadlineMs = retryDeadlineMs
    this.#deadlines = new Deadlines(retryDeadlineMs)
  }

  /** One attempt. `onLost` is called once, when the connection that was made breaks. */
  async connect(onLost: () => void): Promise<RedisClient> {
    const { signal } = this.#closing
    const address = 'find' in this.#place ? await this.#place.find(signal) : this.#place
    const connection = await RedisConnection.open(address, CONNECTION, signal)
    const { client } = connection
    this.#connections.set(client, { connection, onLost })
    connection.lost.then(() => this.#lose(client))
    return client
  }

  /** Lets go of a connection; nobody is told. */
  disconnect(client: RedisClient): void {
    this.#connections.get(client)?.connection.close()
    this.#connections.delete(client)
  }

  /** Tries until it is done or the deadline has passed; whatever it rejects with is a BackendError. */
  persist<T>(attempt: () => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) return Promise.reject(this.closedError())
    return new Promise((resolve, reject) => {
      const pending = new Pending(reject)
      const stopTimer = this.#deadlines.begin(() => {
        pending.giveUp(this.#absentError(pending.lastError))
        this.#abandonConnections()
      })
      const end = () => {
        stopTimer()
        this.#pending.delete(pending)
      }
      this.#pending.add(pending)
      pending.run(attempt).then(
        (value) => {
          end()
          resolve(value)
        },
        (error: unknown) => {
          end()
          reject(this.#refusal(error)) // nobody hears it who was given up
        },
      )
    })
  }

  closedError(): BackendError {
    return new BackendError(`The result backend ${this.url} is closed; open another one.`)
  }

  close(): void {
    this.#closing.abort()
    for (const pending of this.#pending) pending.giveUp(this.closedError())
    this.#abandonConnections()
  }

  #lose(client: RedisClient): void {
    const onLost = this.#connections.get(client)?.onLost
    this.disconnect(client)
    onLost?.()
  }

  /** A connection that swallows commands without an answer looks alive; the next attempt must not use it. */
  #abandonConnections(): void {
    for (const client of [...this.#connections.keys()]) this.#lose(client)
  }

  #absentError(cause: unknown): BackendError {
    const reason = cause === undefined ? 'no answer' : describe(cause)
    return new BackendError(
      `The Redis ${this.url} could not be used for ${this.#retryDeadlineMs / 1000} seconds (${reason}). ` +
        'Check that it runs and that host and port are right.',
      { cause },
    )
  }

  #refusal(cause: unknown): BackendError {
    return new BackendError(`The Redis ${this.url} refused: ${describe(cause)}`, { cause })
  }
}

/** One thing that is tried, as often as it takes. Nearly all succeed at once: only the others have a signal to end them. */
class Pending {
  lastError: unknown
  readonly #reject: (reason: Error) => void
  #givenUp: Error | undefined
  #repeating: AbortController | undefined

  constructor(reject: (reason: Error) => void) {
    this.#reject = reject
  }

  /** What it comes to afterwards, nobody waits for. */
  giveUp(reason: Error): void {
    this.#givenUp = reason
    this.#reject(reason)
    this.#repeating?.abort(reason)
  }

  async run<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt()
    } catch (error) {
      if (this.#givenUp || !isWorthRetrying(error)) throw error
      return this.#repeat(attempt, error)
    }
  }

  #repeat<T>(attempt: () => Promise<T>, failure: unknown): Promise<T> {
    let first: Promise<T> | undefined = Promise.reject(failure)
    const next = () => {
      const current = first ?? attempt()
      first = undefined
      return current
    }
    const onError = (error: unknown): void => {
      this.lastError = error
    }
    this.#repeating = new AbortController()
    const { signal } = this.#repeating
    return retry(next, { policy: BACK_OFF, isWorthRetrying, signal, onError })
  }
}

const BACK_OFF: ResolvedRetryPolicy = {
  maxRetries: Number.POSITIVE_INFINITY, // the deadline ends it
  intervalStartMs: 50,
  intervalStepMs: 150,
  intervalMaxMs: 1_000,
  jitter: 0.25,
  deadlineMs: Number.POSITIVE_INFINITY,
}

function isWorthRetrying(error: unknown): boolean {
  if (error instanceof ErrorReply) return PASSING_REPLY.test(error.message)
  if (error instanceof OperationalError)
    return !(error.cause instanceof ErrorReply) || isWorthRetrying(error.cause)
  return CONNECTION_FAULTS.some((fault) => error instanceof fault)
}

/** What went wrong with the connection names its address, which whoever hears of it says, too. */
function describe(error: unknown): string {
  const reason = error instanceof OperationalError ? (error.cause ?? error) : error
  if (reason instanceof AggregateError) return reason.errors.map(describe).join('; ')
  return reason instanceof Error ? reason.message : String(reason)
}
