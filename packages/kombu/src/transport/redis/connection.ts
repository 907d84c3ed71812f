import { createClient } from '@redis/client'
import { OperationalError } from '../../exceptions.ts'
import type { RedisAddress } from './address.ts'

export interface RedisConnectionOptions {
  /** How long connecting may take, in milliseconds, greetings included. */
  readonly connectTimeoutMs: number
  /** Seconds between questions whether the server is still there; 0 for none. */
  readonly heartbeat: number
  /** Shown by CLIENT LIST; without one, nothing is asked of a user who may not use CLIENT. */
  readonly name?: string
}

export type RedisClient = ReturnType<typeof newClient>

/**
 * One connection to one Redis. It never comes back by itself, so that what a new connection has to do first is done
 * by whoever makes it. It is lost when its socket breaks or when the server stays silent for two heartbeats, for a
 * peer that vanished without a word leaves a socket that looks open.
 */
export class RedisConnection {
  readonly client: RedisClient
  /** Settles when it is lost, with the reason; never after `close()`. Never rejects. */
  readonly lost: Promise<OperationalError>
  readonly #address: RedisAddress
  /** The client as it greets the server: with timers. */
  readonly #whole: ReturnType<typeof newClient>
  readonly #resolveLost: (reason: OperationalError) => void
  #heartbeat: NodeJS.Timeout | undefined
  #isOpen = false

  /** One attempt, broken off when the signal aborts. Rejects with OperationalError. */
  static async open(
    address: RedisAddress,
    options: RedisConnectionOptions,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<RedisConnection> {
    // The client itself lets go of its socket only once that is connected, and greeted.
    const socket = new AbortController()
    const connection = new RedisConnection(address, options, socket.signal)
    const breakOff = () => {
      connection.#whole.destroy()
      socket.abort()
    }
    const tooLate = setTimeout(breakOff, options.connectTimeoutMs)
    const startedAt = performance.now()
    signal.addEventListener('abort', breakOff)
    try {
      signal.throwIfAborted()
      await connection.#whole.connect()
      connection.#isOpen = true
      connection.#watch(options.heartbeat * 1000)
      return connection
    } catch (cause) {
      const isLate = performance.now() - startedAt >= options.connectTimeoutMs
      const failure = isLate ? `no answer within ${options.connectTimeoutMs} ms` : describe(cause)
      const reason = signal.aborted ? 'closed while connecting' : failure
      connection.close()
      throw new OperationalError(`${address.url}: ${reason}`, { cause })
    } finally {
      clearTimeout(tooLate)
      signal.removeEventListener('abort', breakOff)
    }
  }

  private constructor(address: RedisAddress, options: RedisConnectionOptions, socket: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<OperationalError>()
    this.lost = promise
    this.#resolveLost = resolve
    this.#address = address
    this.#whole = newClient(address, options, socket)
    // By its default each command gets a timer of its own. A server that does not answer is noticed by the heartbeat.
    this.client = this.#whole.withCommandOptions({ timeout: 0 })
    // An attempt that fails rejects in `open`; only what was connected can be lost.
    this.#whole.on('error', (error) => this.#lose(describe(error), error))
    this.#whole.on('end', () => this.#lose('the server ended the connection'))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  close(): void {
    this.#isOpen = false
    clearInterval(this.#heartbeat)
    if (this.#whole.isOpen) this.#whole.destroy()
  }

  #lose(reason: string, cause?: unknown): void {
    if (!this.#isOpen) return
    this.close()
    this.#resolveLost(
      new OperationalError(`the connection to ${this.#address.url} was lost: ${reason}`, { cause }),
    )
  }

  /** Counts beats and not time: a process that was busy or asleep for long has not asked anything meanwhile. */
  #watch(intervalMs: number): void {
    if (intervalMs === 0) return
    let unanswered = 0
    const beat = () => {
      unanswered += 1
      if (unanswered > 2) this.#lose(`no answer for ${(2 * intervalMs) / 1000} seconds`)
      else if (unanswered === 1) this.client.ping().then(() => (unanswered = 0), NOTHING)
    }
    this.#heartbeat = setInterval(beat, intervalMs).unref()
  }
}

/** A ping fails when the connection is lost, which everybody is told by `lost`. */
const NOTHING = () => undefined

function newClient(
  address: RedisAddress,
  { connectTimeoutMs, name }: RedisConnectionOptions,
  signal: AbortSignal,
) {
  const { username, password, database, host, port, tls } = address
  return createClient({
    ...(username && { username }),
    ...(password && { password }),
    database,
    // Redis allows no spaces in a client's name.
    ...(name && { name: name.replace(/[^!-~]/g, '_') }),
    RESP: 2, // all servers and proxies speak it
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: {
      host,
      port,
      ...(tls && { ...tls, tls: true }),
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: false,
      signal,
    },
  })
}

/** Connecting to a name with several addresses fails with one error for each, and no message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  return error instanceof Error ? error.message : String(error)
}
