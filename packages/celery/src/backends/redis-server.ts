import {
  ClientClosedError,
  ConnectionTimeoutError,
  createClient,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
} from '@redis/client'
import { type ResolvedRetryPolicy, retry } from '@voice-pocket/kombu'
import { BackendError } from '../exceptions.ts'
import { abortable } from './abortable.ts'
import type { RedisAddress } from './redis-url.ts'

/** One attempt to connect. */
const CONNECT_TIMEOUT_MS = 5_000

/** A peer that vanished without a word is noticed by its silence: three pings unanswered. */
const PING_INTERVAL_MS = 10_000
const SILENCE_LIMIT_MS = 35_000

/** What a Redis says while it starts, fails over or runs a script: the same command may do a moment later. */
const PASSING_REPLY = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|ERR max number of clients)/

const NETWORK_FAULT = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/

const CONNECTION_FAULTS = [
  ClientClosedError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
]

export type RedisClient = ReturnType<typeof newClient>

/**
 * A Redis that is sometimes away. Each client is one connection and never comes back by itself, so that what has
 * to be done on a new connection is done in one place; trying again is `persist`.
 */
export class RedisServer {
  readonly url: string
  readonly #address: RedisAddress
  readonly #retryDeadlineMs: number
  readonly #pending = new Set<AbortController>()
  #isClosed = false
  /** With what to do when one is lost. */
  readonly #clients = new Map<RedisClient, () => void>()

  constructor(address: RedisAddress, retryDeadlineMs: number) {
    this.url = address.url
    this.#address = address
    this.#retryDeadlineMs = retryDeadlineMs
  }

  /** One attempt. `onLost` is called once, when the connection that was made breaks. */
  async connect(onLost: () => void): Promise<RedisClient> {
    const client = newClient(this.#address)
    // An attempt that fails rejects below; only what was connected can be lost.
    client.on('error', () => this.#lose(client))
    try {
      await client.connect()
      if (this.#isClosed) throw this.closedError()
    } catch (error) {
      client.destroy()
      throw error
    }
    this.#clients.set(client, onLost)
    return client
  }

  /** Lets go of a connection; nobody is told. */
  disconnect(client: RedisClient): void {
    this.#clients.delete(client)
    client.destroy()
  }

  /** Tries until it is done or the deadline has passed; whatever it rejects with is a BackendError. */
  async persist<T>(attempt: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw this.closedError()
    const giveUp = new AbortController()
    this.#pending.add(giveUp)
    let lastError: unknown
    const timer = setTimeout(() => giveUp.abort(this.#absentError(lastError)), this.#retryDeadlineMs)
    const onError = (error: unknown): void => {
      lastError = error
    }
    try {
      const { signal } = giveUp
      return await abortable(retry(attempt, { policy: BACK_OFF, isWorthRetrying, signal, onError }), signal)
    } catch (error) {
      if (!giveUp.signal.aborted) throw this.#refusal(error)
      this.#abandonConnections()
      throw error
    } finally {
      clearTimeout(timer)
      this.#pending.delete(giveUp)
    }
  }

  closedError(): BackendError {
    return new BackendError(`The result backend ${this.url} is closed; open another one.`)
  }

  close(): void {
    this.#isClosed = true
    for (const giveUp of this.#pending) giveUp.abort(this.closedError())
    this.#abandonConnections()
  }

  #lose(client: RedisClient): void {
    const onLost = this.#clients.get(client)
    this.disconnect(client)
    onLost?.()
  }

  /** A connection that swallows commands without an answer looks alive; the next attempt must not use it. */
  #abandonConnections(): void {
    for (const client of [...this.#clients.keys()]) this.#lose(client)
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

const BACK_OFF: ResolvedRetryPolicy = {
  maxRetries: Number.POSITIVE_INFINITY, // the deadline ends it
  intervalStartMs: 50,
  intervalStepMs: 150,
  intervalMaxMs: 1_000,
  jitter: 0.25,
  deadlineMs: Number.POSITIVE_INFINITY,
}

function newClient({ username, password, database, host, port, tls }: RedisAddress) {
  return createClient({
    ...(username && { username }),
    ...(password && { password }),
    database,
    RESP: 2, // all servers and proxies speak it
    disableClientInfo: true,
    maintNotifications: 'disabled',
    pingInterval: PING_INTERVAL_MS,
    socket: {
      host,
      port,
      ...(tls && { tls: true, ...tls }),
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      reconnectStrategy: false,
    },
  })
}

function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof ErrorReply) return PASSING_REPLY.test(error.message)
  if ('code' in error) return NETWORK_FAULT.test(String(error.code))
  return CONNECTION_FAULTS.some((fault) => error instanceof fault)
}

/** Connecting to a name with several addresses fails with one error for each, and no message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  return error instanceof Error ? error.message : String(error)
}
