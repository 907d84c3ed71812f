import type { BeatService } from './beat/service.ts'
import type { Logger } from './logger.ts'

export type Receiver<Payload> = (payload: Payload) => void | Promise<void>

export interface ConnectOptions {
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

  async send(payload: Payload, logger: Logger): Promise<void> {
    const missed: unknown[] = []
    for (const [receiver, { isRequired = false }] of this.#receivers) {
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

/**
 * The signals of one app, sent by the worker's own process (never by a pool's child) when it knows how a task
 * ended and before it acknowledges a message late, so that a receiver runs at least once for each ended task; one
 * that is required keeps the message from being acknowledged until it has succeeded.
 */
export class Signals {
  readonly taskSuccess = new Signal<{ task: SignalledTask; runtime: number }>('task_success')
  readonly taskFailure = new Signal<{ task: SignalledTask; exception: Error }>('task_failure')
  readonly taskRevoked = new Signal<{ task: SignalledTask; terminated: boolean; expired: boolean }>(
    'task_revoked',
  )

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
