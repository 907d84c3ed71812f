import type { Message } from '@voice-pocket/kombu'
import type { Celery } from './app/celery.ts'
import type { Context } from './app/context.ts'
import type { Settings } from './app/defaults.ts'
import type { AnyTask } from './app/task.ts'
import type { BeatService } from './beat/service.ts'
import type { Logger } from './logger.ts'
import type { Consumer } from './worker/consumer/consumer.ts'
import type { WorkController, WorkerOptions } from './worker/worker.ts'

export type Receiver<Payload> = (payload: Payload) => void | Promise<void>

export interface ConnectOptions {
  /** Only what this one sends: the name of a task, or of a worker (`name@host`). */
  readonly sender?: string
  /** Without it what is signalled does not count as told: when it fails, `send` rejects, after all others had theirs. */
  readonly isRequired?: boolean
}

/** One kind of event that a program can hook into. Receivers are awaited; one that fails does not stop the others. */
export class Signal<Payload> {
  readonly name: string
  readonly #receivers = new Map<Receiver<Payload>, ConnectOptions>()

  constructor(name: string) {
    this.name = name
  }

  /** Returns the function that disconnects it again. */
  connect(receiver: Receiver<Payload>, options: ConnectOptions = {}): () => void {
    this.#receivers.set(receiver, options)
    return () => this.#receivers.delete(receiver)
  }

  /** Whether anybody would hear it. */
  get hasReceivers(): boolean {
    return this.#receivers.size > 0
  }

  /** @param sender the name of the task or worker it is about */
  async send(payload: Payload, logger: Logger, sender?: string): Promise<void> {
    if (!this.hasReceivers) return
    const missed: unknown[] = []
    for (const [receiver, { isRequired = false, sender: wanted }] of this.#receivers) {
      if (wanted !== undefined && wanted !== sender) continue
      try {
        await receiver(payload)
      } catch (error) {
        logger.error({ err: error }, `A receiver of the signal ${this.name} failed`)
        if (isRequired) missed.push(error)
      }
    }
    if (missed.length > 0) throw missed[0]
  }
}

/** The task a signal speaks of. `arguments()` decodes the message's body; it throws what decoding throws. */
export interface SignalledTask {
  readonly id: string
  readonly name: string
  readonly hostname: string
  arguments(): { args: readonly unknown[]; kwargs: Readonly<Record<string, unknown>> }
}

/** The message a signal speaks of: one that is no task, and that a step of the program takes. */
export interface SignalledMessage {
  /** Name of the step. */
  readonly step: string
  readonly hostname: string
  readonly queue: string
  /** Undefined while it is unknown, and for ever when it cannot be read. */
  readonly type: string | undefined
  /** The sender's `message_id`, where there is one. */
  readonly id: string | undefined
}

/** A message of a call on its way out. */
export interface TaskPublication {
  /** The task's name. */
  readonly sender: string
  /** [args, kwargs, embed] */
  readonly body: unknown
  readonly headers: Record<string, unknown>
  /** Options of the message, by Kombu's names in camelCase: `priority`, `correlationId`, `expiration` … */
  readonly properties: Record<string, unknown>
  readonly exchange: string
  readonly routingKey: string
  readonly declare: readonly unknown[]
  readonly retryPolicy: unknown
}

export interface TaskRunStart {
  readonly taskId: string
  readonly task: AnyTask
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly request: Context
}

export interface LogSetup {
  readonly loglevel: string
  readonly logfile: string | undefined
  readonly colorize: boolean
}

/**
 * The signals of one app: Celery's, by its names and at its moments
 * (https://docs.celeryq.dev/en/stable/userguide/signals.html).
 *
 * How a task ended (`taskSuccess`, `taskFailure`, `taskRetry`, `taskRevoked`) is sent by the worker's own process (never by a
 * pool's child) when it knows it and before it acknowledges a message late, so that a receiver runs at least once for
 * each ended task; one that is required keeps the message from being acknowledged until it has succeeded.
 */
export class Signals {
  /** `repr` is of the task's value, as the log has it. */
  readonly taskSuccess = new Signal<{ task: SignalledTask; runtime: number; repr: string }>('task_success')
  readonly taskFailure = new Signal<{ task: SignalledTask; exception: Error }>('task_failure')
  /** `signum` is of the signal that ended its child, where one did. */
  readonly taskRevoked = new Signal<{
    task: SignalledTask
    terminated: boolean
    expired: boolean
    signum: number | null
  }>('task_revoked')
  readonly taskRetry = new Signal<{ task: SignalledTask; reason: Error }>('task_retry')
  /** What came of it cannot be stored, or it was given up: nobody knows how far it came. */
  readonly taskInternalError = new Signal<{ task: SignalledTask; exception: Error }>('task_internal_error')
  readonly taskReceived = new Signal<{ task: SignalledTask }>('task_received')
  /** A message that is no task message that can be read. */
  readonly taskRejected = new Signal<{ message: Message; exception: Error }>('task_rejected')
  /** A message for a task that does not exist here. */
  readonly taskUnknown = new Signal<{ message: Message; exception: Error; name: string; id: string }>(
    'task_unknown',
  )

  // Of a call, in whatever process makes it.
  /** What a receiver changes of `headers` and `properties` is sent so. */
  readonly beforeTaskPublish = new Signal<TaskPublication>('before_task_publish')
  readonly afterTaskPublish = new Signal<Omit<TaskPublication, 'properties' | 'declare' | 'retryPolicy'>>(
    'after_task_publish',
  )

  // Of a run, in the process that runs it: a child, where the pool has some.
  readonly taskPrerun = new Signal<TaskRunStart>('task_prerun')
  /** `retval` is what the task returned or threw; `state` is that of its result. */
  readonly taskPostrun = new Signal<TaskRunStart & { retval: unknown; state: string }>('task_postrun')

  // Of a worker, in this order.
  readonly celerydInit = new Signal<{ instance: WorkController; conf: Settings; options: WorkerOptions }>(
    'celeryd_init',
  )
  readonly workerInit = new Signal<{ worker: WorkController }>('worker_init')
  /** Before the modules of `imports` and `include` are imported; also in each child of the pool. */
  readonly importModules = new Signal<{ app: Celery }>('import_modules')
  readonly celerydAfterSetup = new Signal<{ instance: WorkController; conf: Settings }>('celeryd_after_setup')
  /** It consumes. */
  readonly workerReady = new Signal<{ worker: WorkController }>('worker_ready')
  readonly heartbeatSent = new Signal<{ worker: Consumer }>('heartbeat_sent')
  /** A signal to its process has asked it to end; `how` is Warm or Cold. */
  readonly workerShuttingDown = new Signal<{
    worker: WorkController
    sig: string
    how: 'Warm' | 'Cold'
    exitcode: number
  }>('worker_shutting_down')
  /** It has ended. */
  readonly workerShutdown = new Signal<{ worker: WorkController }>('worker_shutdown')

  // Of the children of the pools `prefork` and `threads`; the second and third one are sent in the child.
  readonly workerBeforeCreateProcess = new Signal<{ worker: WorkController }>('worker_before_create_process')
  readonly workerProcessInit = new Signal<{ pid: number }>('worker_process_init')
  /** It was told to leave; one that is killed says nothing. */
  readonly workerProcessShutdown = new Signal<{ pid: number; exitcode: number }>('worker_process_shutdown')

  // Of the log of a program of the command line.
  readonly setupLogging = new Signal<LogSetup & { use(logger: Logger): void }>('setup_logging')
  readonly afterSetupLogger = new Signal<LogSetup & { logger: Logger }>('after_setup_logger')

  /** A beat starts, before it leads and before it sends anything. */
  readonly beatInit = new Signal<{ service: BeatService }>('beat_init')
  /** It is one inside a worker; sent after `beatInit`. */
  readonly beatEmbeddedInit = new Signal<{ service: BeatService }>('beat_embedded_init')

  // Of messages that are no tasks. Each one received is followed by one of the others, unless its connection is lost.
  readonly messageReceived = new Signal<{ message: SignalledMessage }>('message_received')
  /** Sent before a late acknowledgement, as with tasks. `runtime` is in seconds. */
  readonly messageHandled = new Signal<{ message: SignalledMessage; runtime: number }>('message_handled')
  /** Sent before it goes to the dead letters; while a required receiver fails, it is kept. */
  readonly messageRejected = new Signal<{ message: SignalledMessage; reason: string; detail: string }>(
    'message_rejected',
  )
  /** It failed and goes back to its queue after a pause. */
  readonly messageRequeued = new Signal<{ message: SignalledMessage; error: unknown; pauseMs: number }>(
    'message_requeued',
  )
}
