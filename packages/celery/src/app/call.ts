import { randomUUID } from 'node:crypto'
import type { AnySignature } from '../canvas/fitting.ts'
import { checkCall } from './call-rules.ts'
import type { CurrentTask } from './current-task.ts'
import type { DeliveryMode } from './delivery-mode.ts'
import { parseTime } from './iso-time.ts'
import type { TaskCall } from './protocol.ts'
import type { PublishPolicy } from './publish-policy.ts'

/** How one call is sent. */
export interface CallOptions<Args extends readonly unknown[] = readonly unknown[]> {
  readonly args?: Args
  readonly kwargs?: Readonly<Record<string, unknown>>
  /** Seconds from now before which it does not run. */
  readonly countdown?: number
  /** A text is a time in ISO 8601. */
  readonly eta?: Date | string
  /** Seconds from now, or the moment, after which it is REVOKED instead of run. */
  readonly expires?: number | Date | string
  readonly taskId?: string
  readonly queue?: string
  readonly exchange?: string
  readonly routingKey?: string
  readonly priority?: number
  readonly serializer?: string
  readonly compression?: string
  /** Whether the message survives the broker; `taskDefaultDeliveryMode` unless given. */
  readonly deliveryMode?: DeliveryMode
  /** Headers of your own; a task finds them in `request.headers`. */
  readonly headers?: Readonly<Record<string, unknown>>
  readonly shadow?: string
  /**
   * Of several calls of the task with one key within `uniqueFor`, only the first is sent; the others get its result.
   * It needs a result backend with keys (Redis, SQLite, memory).
   */
  readonly uniqueKey?: string
  /** Seconds; needed with `uniqueKey`. */
  readonly uniqueFor?: number
  readonly ignoreResult?: boolean
  readonly rootId?: string
  readonly parentId?: string
  readonly retries?: number
  /** Without a connection: keep trying (the default) or reject at once. */
  readonly retry?: boolean
  /** How often and how long apart (seconds), over `taskPublishRetryPolicy`. */
  readonly retryPolicy?: Partial<PublishPolicy>
  /** Seconds that sending may take, with all its attempts, until the broker has confirmed the message. */
  readonly timeout?: number
  /** Seconds; over the limits of the task. */
  readonly timeLimit?: number
  readonly softTimeLimit?: number
  /** Called with its value. */
  readonly link?: AnySignature | readonly AnySignature[]
  /** Called with the id of the task, when it fails. */
  readonly linkError?: AnySignature | readonly AnySignature[]
  /** What comes after it, the next one last. */
  readonly chain?: readonly AnySignature[]
  /** The body of the chord that it is a part of. */
  readonly chord?: AnySignature
  readonly groupId?: string
  readonly groupIndex?: number
  /** Queue of the client that waits for an RPC result. */
  readonly replyTo?: string
  readonly replacedTaskNesting?: number
  /** Headers that everything it starts has as well. */
  readonly stamps?: Readonly<Record<string, unknown>>
  /** Whether a task that sends it has it among its children (the default). */
  readonly addToParent?: boolean
}

export interface CallDefaults {
  /** Who sends. */
  readonly origin: string
  /** What a task sends is its child, of the same root. */
  readonly parent: CurrentTask | undefined
}

/** A call as it is asked for, with everything resolved that is relative to now, or to the task that asks. */
export function toCall(task: string, options: CallOptions, { origin, parent }: CallDefaults): TaskCall {
  const { link, linkError, chain, chord, stamps, timeLimit, softTimeLimit } = options
  checkCall(task, options)
  return {
    id: options.taskId ?? randomUUID(),
    task,
    args: options.args ?? [],
    kwargs: options.kwargs ?? {},
    eta: isoTime(etaOf(options), 'eta'),
    expires: isoTime(options.expires, 'expires'),
    retries: options.retries ?? 0,
    rootId: options.rootId ?? parent?.request.rootId,
    parentId: options.parentId ?? parent?.request.id,
    group: options.groupId,
    groupIndex: options.groupIndex,
    shadow: options.shadow,
    timelimit: [timeLimit, softTimeLimit],
    ignoreResult: options.ignoreResult ?? false,
    origin,
    replacedTaskNesting: options.replacedTaskNesting ?? 0,
    ...(link && { callbacks: listed(link).map(encode) }),
    ...(linkError && { errbacks: listed(linkError).map(encode) }),
    ...(chain && { chain: chain.map(encode) }),
    ...(chord && { chord: encode(chord) }),
    ...(stamps && { stamps, stampedHeaders: Object.keys(stamps) }),
    ...(options.headers && { headers: options.headers }),
  }
}

/** A countdown of 0 is none, as in Celery: a worker whose clock is behind must not wait for it. */
function etaOf({ eta, countdown }: CallOptions): Date | string | number | undefined {
  return eta ?? (countdown || undefined)
}

const encode = (signature: AnySignature) => signature.toJSON()

const listed = (one: AnySignature | readonly AnySignature[]) =>
  Array.isArray(one) ? (one as readonly AnySignature[]) : [one as AnySignature]

const LAST_YEAR = 9999

/** A number is seconds from now. What Python's calendar does not have, the worker would only put aside. */
function isoTime(time: Date | string | number | undefined, option: string): string | undefined {
  if (time === undefined) return undefined
  const date = typeof time === 'number' ? new Date(Date.now() + time * 1000) : time
  const at = new Date(typeof date === 'string' ? parseTime(date) : date)
  const year = at.getUTCFullYear()
  if (year >= 1 && year <= LAST_YEAR) return at.toISOString()
  throw new RangeError(`'${option}' is not a valid time. Give a Date, or a number of seconds from now.`)
}
