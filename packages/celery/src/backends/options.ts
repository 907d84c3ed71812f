import type { SslOptions } from '@voice-pocket/kombu'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { RpcOptions } from './rpc.ts'

/** What a backend can be told; the names in brackets are the settings they come from. */
export interface BackendOptions {
  /** How long a result is kept, in seconds; 0 means for ever [resultExpires]. */
  readonly expiresSeconds?: number | undefined
  /** Keep name, arguments, worker, retries and queue with each result [resultExtended]. */
  readonly extended?: boolean | undefined
  /** `json`: results are kept as text that every client can read [resultSerializer]. */
  readonly serializer?: string | undefined
  /** Options of one backend only, in camelCase or in Celery's spelling [resultBackendTransportOptions]. */
  readonly transportOptions?: Readonly<Record<string, unknown>> | undefined
  /** TLS to a `redis://` whatever its address says, or its options by Kombu's names [redisBackendUseSsl]. */
  readonly ssl?: boolean | SslOptions | undefined
  /** The app whose broker `rpc://` uses; asked only for that backend. */
  readonly rpc?: (() => RpcOptions) | undefined
}

export interface ResolvedBackendOptions {
  readonly expiresSeconds: number
  readonly extended: boolean
  /** In Redis: the values of a chord come in the order of its header, and not as they come; for all workers alike. */
  readonly chordOrdered: boolean
  /** Before every key; ends with one of `:_-.` */
  readonly globalKeyprefix: string
  /** How long an operation is tried while the store is away. */
  readonly retryDeadlineMs: number
  readonly ssl: boolean | SslOptions
  /** Of `sentinel://`: which group of servers, and how its Sentinels are entered; by Kombu's names. */
  readonly sentinel: Readonly<Record<string, unknown>>
  readonly rpc: (() => RpcOptions) | undefined
}

const DEFAULTS: ResolvedBackendOptions = {
  expiresSeconds: 86_400, // a day, as in Celery
  extended: false,
  chordOrdered: true,
  globalKeyprefix: '',
  retryDeadlineMs: 20_000, // Celery's policy, 20 attempts a second apart, ends about then
  ssl: false,
  sentinel: {},
  rpc: undefined,
}

export function resolveOptions(options: BackendOptions): ResolvedBackendOptions {
  const {
    expiresSeconds = DEFAULTS.expiresSeconds,
    extended = DEFAULTS.extended,
    serializer = 'json',
  } = options
  if (serializer !== 'json') {
    throw new ImproperlyConfigured(`resultSerializer is '${serializer}'; results can be kept as 'json' only.`)
  }
  return {
    expiresSeconds: atLeastZero('resultExpires', expiresSeconds),
    extended,
    ssl: options.ssl ?? DEFAULTS.ssl,
    rpc: options.rpc,
    ...resolveTransportOptions(options.transportOptions ?? {}),
  }
}

function resolveTransportOptions(given: Readonly<Record<string, unknown>>) {
  const chordOrdered = given.resultChordOrdered ?? given.result_chord_ordered ?? DEFAULTS.chordOrdered
  if (typeof chordOrdered !== 'boolean') {
    throw new ImproperlyConfigured(
      `The result backend's option resultChordOrdered is ${String(chordOrdered)}; it must be true or false.`,
    )
  }
  const prefix = given.globalKeyprefix ?? given.global_keyprefix ?? DEFAULTS.globalKeyprefix
  const deadline = given.retryDeadlineMs ?? given.retry_deadline_ms ?? DEFAULTS.retryDeadlineMs
  if (typeof prefix !== 'string') {
    throw new ImproperlyConfigured(
      `The result backend's option globalKeyprefix is ${prefix}; it must be a string.`,
    )
  }
  // Celery puts a '_' between the prefix and its own keys where the prefix has no such end of its own.
  const separated = prefix === '' || /[:_.-]$/.test(prefix) ? prefix : `${prefix}_`
  const masterName = given.masterName ?? given.master_name
  return {
    chordOrdered,
    sentinel: {
      ...(masterName !== undefined && { master_name: masterName }),
      sentinel_kwargs: given.sentinelKwargs ?? given.sentinel_kwargs ?? {},
    },
    globalKeyprefix: separated,
    retryDeadlineMs: atLeastZero('retryDeadlineMs', deadline),
  }
}

function atLeastZero(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new ImproperlyConfigured(`${name} is ${String(value)}; it must be a number of 0 or more.`)
}
