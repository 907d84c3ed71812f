import type { MessageProperties } from '@voice-pocket/kombu'
import type { ResultTuple } from '../backends/base.ts'

/**
 * What a running task knows of its call: Celery's `task.request`
 * (https://docs.celeryq.dev/en/stable/userguide/tasks.html#task-request-info).
 */
export interface Context {
  readonly id: string
  /** The task's name. */
  readonly task: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  /** How often it was retried: 0 the first time. */
  readonly retries: number
  /** ISO 8601; the time before which it must not run, and after which it need not. */
  readonly eta: string | undefined
  readonly expires: string | undefined
  readonly rootId: string
  readonly parentId: string | undefined
  readonly group: string | undefined
  readonly groupIndex: number | undefined
  readonly shadow: string | undefined
  /** Seconds: [hard, soft]. */
  readonly timelimit: readonly [number | undefined, number | undefined]
  readonly origin: string | undefined
  /** What its caller says; undefined, in a message of protocol 1: as its task says. */
  readonly ignoreResult: boolean | undefined
  /** Where an RPC caller waits for the result. */
  readonly replyTo: string | undefined
  readonly correlationId: string | undefined
  /** Headers that a caller added; Celery's own are fields of this object. */
  readonly headers: Readonly<Record<string, unknown>>
  readonly deliveryInfo: DeliveryInfo
  /** Of its message: priority, delivery mode, timestamp … */
  readonly properties: MessageProperties
  /** It runs where it was called, by `apply` or `taskAlwaysEager`, instead of on a worker. */
  readonly isEager: boolean
  /** Never, where there is a request: a function that is called as a function has none. */
  readonly calledDirectly: false
  /** Its times are in UTC: always. */
  readonly utc: true
  /** What it has sent so far, as its record will have it; `app.resultFromTuple` makes results of them. */
  readonly children: ResultTuple[]
  /** Node name of the worker. */
  readonly hostname: string
  /** Signatures, as they came on the wire. */
  readonly callbacks: readonly unknown[]
  readonly errbacks: readonly unknown[]
  readonly chain: readonly unknown[]
  readonly chord: unknown
  readonly replacedTaskNesting: number
  readonly stampedHeaders: readonly string[]
  readonly stamps: Readonly<Record<string, unknown>>
  /**
   * Aborts when the soft time limit has passed (with SoftTimeLimitExceeded), when the task was revoked with
   * `terminate`, and when its worker gives up what it has.
   */
  readonly signal: AbortSignal
}

export interface DeliveryInfo {
  readonly exchange: string
  readonly routingKey: string
  readonly priority: number
  readonly redelivered: boolean
}
