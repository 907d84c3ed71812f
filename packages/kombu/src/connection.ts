import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { CONNECTION_POLICY, PUBLISH_POLICY, type RetryPolicy, resolvePolicy, retry } from './backoff.ts'
import { InvalidValueError, OperationalError } from './exceptions.ts'
import { Failover, type FailoverStrategy } from './failover.ts'
import { RenewableChannel } from './renewable-channel.ts'
import { type SslOptions, tlsOptionsOf } from './tls.ts'
import type {
  Channel,
  LoginMethod,
  Transport,
  TransportConnection,
  TransportOptions,
} from './transport/base.ts'
import { assertKnownScheme, loadTransport } from './transport/index.ts'
import { untilAborted } from './until-aborted.ts'
import { type ConnectionUrl, maskUrl, parseUrl } from './url.ts'

export interface ConnectionOptions {
  /** Seconds between AMQP heartbeats, 0 for none; a broker silent for two of them is lost. Default 30. */
  readonly heartbeat?: number
  /** Milliseconds for one attempt at one address. Default 5000. */
  readonly connectTimeoutMs?: number
  /** Shown in the broker's list of connections. Default `kombu`. */
  readonly name?: string
  /** TLS by Node's names; used where the address is encrypted or `ssl` says so. */
  readonly tls?: TlsOptions
  /** TLS whatever the address says: `true`, or its options by Kombu's names. */
  readonly ssl?: boolean | SslOptions
  /** How one says who one is (AMQP); PLAIN unless given. */
  readonly loginMethod?: LoginMethod
  /** Options of one driver only, by the names Kombu gives them. */
  readonly transportOptions?: Readonly<Record<string, unknown>>
  /** Which address of several comes first, and which next: as written (round-robin), a random one, or your own order. */
  readonly failoverStrategy?: FailoverStrategy
}

export interface EnsureOptions extends RetryPolicy {
  readonly signal?: AbortSignal
  /** Told of each failure before the wait that follows it. */
  readonly onError?: (error: unknown, waitMs: number) => void
}

/**
 * The way to a broker that may come and go. Its duties:
 * 1. connect, trying each address of a fail-over list once, starting with the one that worked last;
 * 2. hand out channels, which live no longer than the transport connection they were opened on;
 * 3. run operations again after a reconnection (`ensure`), with growing waits.
 * Nothing reconnects behind one's back: the next call that needs the broker does. `close()` is final; `clone()`
 * gives a new connection to the same place.
 */
export class Connection {
  readonly urls: readonly ConnectionUrl[]
  readonly #options: ConnectionOptions
  readonly #transportOptions: TransportOptions
  readonly #defaultChannel = new RenewableChannel(() => this.channel())
  readonly #failover: Failover
  /** Aborted by `close()`, for an attempt to connect that is under way. */
  readonly #closed = new AbortController()
  #transport: Transport | undefined
  #current: TransportConnection | undefined
  #connecting: Promise<TransportConnection> | undefined
  #isClosed = false

  /** Several addresses, as an array or separated by `;`, are a fail-over list. */
  constructor(url: string | readonly string[], options: ConnectionOptions = {}) {
    const list = (typeof url === 'string' ? url.split(';') : url).filter((item) => item !== '')
    if (list.length === 0)
      throw new InvalidValueError('a connection needs a broker URL, for example amqp://localhost')
    this.urls = list.map(parseUrl)
    this.#failover = new Failover(this.urls, options.failoverStrategy)
    for (const { scheme } of this.urls) assertKnownScheme(scheme)
    this.#options = options
    this.#transportOptions = resolveOptions(options)
  }

  get isConnected(): boolean {
    return this.#current?.isOpen === true
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** What the broker's driver is and can do; known once connected. */
  get transport(): Transport {
    if (!this.#transport)
      throw new OperationalError(`not connected to ${this.asUri()} yet; call connect() first`)
    return this.#transport
  }

  /** The same, known before: of several addresses the one that is in use, or is tried next. */
  async loadTransport(): Promise<Transport> {
    return this.#transport ?? loadTransport(this.#failover.current.scheme)
  }

  /** The first address with its password masked. */
  asUri(): string {
    return maskUrl(this.urls[0]?.href ?? '')
  }

  /** Each address once. OperationalError when none answers. */
  async connect(): Promise<this> {
    await this.#live()
    return this
  }

  /** Connects, waiting longer after each failure; without `maxRetries` for as long as it takes. */
  async ensureConnection(options: EnsureOptions = {}): Promise<this> {
    await this.#retry(() => this.#live(), { ...options, ...resolvePolicy(options, CONNECTION_POLICY) })
    return this
  }

  /** A new channel. Connects if need be. */
  async channel(): Promise<Channel> {
    return (await this.#live()).channel()
  }

  /** One channel for passing needs, opened anew when it died. */
  async defaultChannel(): Promise<Channel> {
    return this.#defaultChannel.get()
  }

  /**
   * Runs an operation, and when the broker is lost meanwhile, reconnects and runs it again. An operation that
   * was cut off may have happened, so what it publishes is delivered at least once.
   */
  async ensure<T>(operation: (channel: Channel) => Promise<T>, options: EnsureOptions = {}): Promise<T> {
    return this.ensureOn(this.#defaultChannel, operation, options)
  }

  /** `ensure` over a channel of one's own, so that a refusal there ends nobody else's channel. */
  async ensureOn<T>(
    channel: RenewableChannel,
    operation: (channel: Channel) => Promise<T>,
    options: EnsureOptions = {},
  ): Promise<T> {
    const attempt = async () => operation(await channel.get())
    return this.#retry(attempt, { ...options, ...resolvePolicy(options, PUBLISH_POLICY) })
  }

  /** Resolves when the signal aborts or this connection is closed; rejects when the broker is lost. */
  async drainEvents(options: { readonly signal: AbortSignal }): Promise<void> {
    const { signal } = options
    const connection = this.#current
    if (!connection) throw new OperationalError(`not connected to ${this.asUri()}: there is nothing to drain`)
    const loss = await untilAborted(connection.closed, signal)
    if (loss) throw loss
  }

  /** A new, unconnected connection with the same addresses and options. */
  clone(): Connection {
    return new Connection(
      this.urls.map((url) => url.href),
      this.#options,
    )
  }

  /** Final; twice is fine. Unsettled messages go back to their queues; connecting is broken off. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#closed.abort()
    await this.#connecting?.catch(() => undefined)
    await this.#current?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #live(): Promise<TransportConnection> {
    if (this.#isClosed)
      throw new OperationalError(`the connection to ${this.asUri()} was closed by its owner`)
    if (this.#current?.isOpen) return this.#current
    this.#connecting ??= this.#tryEach().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #tryEach(): Promise<TransportConnection> {
    const failures: unknown[] = []
    for (let attempt = 0; attempt < this.urls.length; attempt += 1) {
      const url = this.#failover.current
      try {
        const transport = await loadTransport(url.scheme)
        const connection = await transport.connect(url, this.#transportOptions, this.#closed.signal)
        this.#transport = transport
        this.#current = connection
        return connection
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error
        failures.push(error)
        if (this.#isClosed) break
        this.#failover.advance()
      }
    }
    throw unreachable(this.urls, failures)
  }

  #retry<T>(
    attempt: () => Promise<T>,
    options: EnsureOptions & Parameters<typeof resolvePolicy>[1],
  ): Promise<T> {
    return retry(attempt, {
      policy: options,
      isWorthRetrying: (error) => error instanceof OperationalError && !this.#isClosed,
      signal: options.signal,
      onError: options.onError,
    })
  }
}

function resolveOptions(options: ConnectionOptions): TransportOptions {
  const { heartbeat = 30, connectTimeoutMs = 5_000, name = 'kombu', transportOptions = {} } = options
  const { ssl = false, loginMethod = 'PLAIN' } = options
  if (!(heartbeat >= 0))
    throw new InvalidValueError(`heartbeat is ${heartbeat}, it must be 0 or more seconds`)
  if (!(connectTimeoutMs > 0)) {
    throw new InvalidValueError(
      `connectTimeoutMs is ${connectTimeoutMs}, it must be more than 0 milliseconds`,
    )
  }
  const tls = { ...(ssl && tlsOptionsOf(ssl)), ...options.tls }
  return Object.freeze({
    ...{ heartbeat, connectTimeoutMs, name, loginMethod, transportOptions },
    ...{ tls, isTlsRequired: ssl !== false },
  })
}

function unreachable(urls: readonly ConnectionUrl[], failures: readonly unknown[]): OperationalError {
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)))
  return new OperationalError(
    `cannot connect to ${urls.map((url) => maskUrl(url.href)).join(', ')}: ${reasons.join('; ')}`,
    {
      cause: failures.length === 1 ? failures[0] : new AggregateError(failures),
    },
  )
}
