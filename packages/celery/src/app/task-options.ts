import type { AutoretryOptions, ErrorClass } from './autoretry.ts'
import type { CallOptions } from './call.ts'
import type { DeliveryMode } from './delivery-mode.ts'
import type { ArgumentSchema } from './typing.ts'

/** Options of a task; what is left out comes from the app's settings (`taskAcksLate` …). */
export interface TaskOptions extends AutoretryOptions {
  /** Acknowledge after the task ran instead of before. */
  readonly acksLate?: boolean
  /** With `acksLate`: a task that failed is acknowledged. */
  readonly acksOnFailureOrTimeout?: boolean
  /** With `acksLate`: deliver the message again when the child that ran it died. */
  readonly rejectOnWorkerLost?: boolean
  readonly ignoreResult?: boolean
  readonly storeErrorsEvenIfIgnored?: boolean
  /** Whether workers send events of it (the default). */
  readonly sendEvents?: boolean
  /** Store STARTED when it begins. */
  readonly trackStarted?: boolean
  /** `null` means without end. */
  readonly maxRetries?: number | null
  /** Seconds. */
  readonly defaultRetryDelay?: number
  readonly queue?: string
  /** With `routingKey`, instead of a queue; a call that names a queue or an exchange goes there. */
  readonly exchange?: string
  readonly routingKey?: string
  readonly priority?: number
  readonly serializer?: string
  readonly compression?: string
  /** Whether its messages survive the broker; `taskDefaultDeliveryMode` unless given. */
  readonly deliveryMode?: DeliveryMode
  /** Seconds after sending, or the moment, after which it need not run. */
  readonly expires?: number | Date
  /** How often one worker begins it: a number per second, or like `10/s`, `100/m`, `5/h`. */
  readonly rateLimit?: string | number
  /**
   * Seconds after which it fails with TimeLimitExceeded, and the child or thread that runs it is ended. The pools
   * `async` and `solo` cannot end it: it runs on, unless it listens to `request.signal`, and nothing comes of it.
   */
  readonly timeLimit?: number
  /**
   * Seconds after which `request.signal` aborts with SoftTimeLimitExceeded, which the task may catch. One that
   * computes without a pause does not hear of it.
   */
  readonly softTimeLimit?: number
  /** How a call is to be called in logs and monitors, if not by the name of the task; `shadow` of a call is stronger. */
  readonly shadowName?: (
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ) => string | null | undefined
  /** Characters of its value that logs and monitors are shown: 1,024 unless given. */
  readonly resultreprMaxsize?: number
  /**
   * What a worker should have warm for a call, as one key or several, the most wanted first: of the children of its pool
   * (`prefork`, `threads`) that are idle, one that was given such a key before runs it. It waits for none that is busy.
   * Asked in the worker; a header `affinity` of the message is stronger.
   */
  readonly affinity?: (
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
  ) => string | readonly string[] | undefined
  /** Errors that are expected: logged without a traceback. */
  readonly throws?: readonly ErrorClass[]
  /** A schema of the list of arguments: asked before sending, and again before running. */
  readonly typing?: ArgumentSchema
}
