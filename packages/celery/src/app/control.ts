import { Mailbox } from '@voice-pocket/kombu'
import type { Celery } from './celery.ts'

export interface BroadcastOptions {
  readonly arguments?: Readonly<Record<string, unknown>>
  /** Node names; all workers unless given. */
  readonly destination?: readonly string[]
}

export interface RequestOptions extends BroadcastOptions {
  /** Seconds to wait for replies. */
  readonly timeout?: number
  /** Do not wait longer once so many workers replied. */
  readonly limit?: number
}

/** Replies of workers: node name to what it said. */
export type Replies = readonly Readonly<Record<string, unknown>>[]

export interface RevokeOptions {
  readonly destination?: readonly string[]
  /** End it also when it runs already. */
  readonly terminate?: boolean
  /** How the child that runs it is ended. */
  readonly signal?: NodeJS.Signals
}

/** Remote control of workers, the client's side (`celery/app/control.py`). */
export class Control {
  readonly #app: Celery
  #mailbox: Mailbox | undefined

  constructor(app: Celery) {
    this.#app = app
  }

  get mailbox(): Mailbox {
    const { controlExchange, controlQueueTtl, controlQueueExpires, taskSerializer, acceptContent } =
      this.#app.conf
    this.#mailbox ??= new Mailbox(controlExchange, {
      accept: acceptContent,
      serializer: taskSerializer,
      queueTtl: controlQueueTtl,
      queueExpires: controlQueueExpires,
    })
    return this.#mailbox
  }

  /** Tells workers something. Resolves when the broker has it; nobody replies. */
  async broadcast(command: string, options: BroadcastOptions = {}): Promise<void> {
    await this.mailbox.cast(this.#app.connection, command, options)
  }

  /** Asks workers something, and waits for what they say. */
  request(command: string, { timeout = 1, ...options }: RequestOptions = {}): Promise<Replies> {
    return this.mailbox.call(this.#app.connection, command, { ...options, timeoutSeconds: timeout })
  }

  /** Which workers are there. */
  ping(options: RequestOptions = {}): Promise<Replies> {
    return this.request('ping', options)
  }

  /** Tells workers not to run a task; with `terminate`, to end it when it runs. */
  async revoke(taskId: string | readonly string[], options: RevokeOptions = {}): Promise<void> {
    const { destination, terminate = false, signal = 'SIGTERM' } = options
    await this.broadcast('revoke', {
      arguments: { task_id: taskId, terminate, signal },
      ...(destination && { destination }),
    })
  }

  /** Asks workers to stop, warm. */
  async shutdown(destination?: readonly string[]): Promise<void> {
    await this.broadcast('shutdown', destination ? { destination } : {})
  }

  close(): void {
    this.#mailbox = undefined
  }
}
