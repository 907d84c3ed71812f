import { ChannelError, Mailbox, type Reply } from '@voice-pocket/kombu'
import type { Celery } from './celery.ts'
import { Inspect } from './inspect.ts'

/** AMQP's code for a queue that does not exist. */
const NOT_FOUND = 404

/** Which workers are meant; all of them unless said otherwise. */
export interface Destination {
  /** Node names. */
  readonly destination?: readonly string[]
  /** Nodes whose names match instead; needs `matcher`. */
  readonly pattern?: string
  readonly matcher?: 'glob' | 'pcre'
}

export interface RemoteOptions extends Destination {
  /** Seconds to wait for replies. Default 1. */
  readonly timeout?: number
  /** Do not wait longer once so many workers replied. Default: one of each `destination`. */
  readonly limit?: number
  /** Called with each reply as it comes. */
  readonly callback?: (reply: Reply) => void
}

/** How a command that changes something is sent. */
export interface ControlOptions extends RemoteOptions {
  /** Wait for what the workers say to it. Default false: done when the broker has it. */
  readonly reply?: boolean
}

export interface BroadcastOptions extends ControlOptions {
  readonly arguments?: Readonly<Record<string, unknown>>
}

export interface RequestOptions extends RemoteOptions {
  readonly arguments?: Readonly<Record<string, unknown>>
}

/** Replies of workers: node name to what it said. */
export type Replies = readonly Reply[]

export interface RevokeOptions extends ControlOptions {
  /** End it also when it runs already. */
  readonly terminate?: boolean
  /** How the child that runs it is ended. */
  readonly signal?: NodeJS.Signals
}

export interface AddConsumerOptions extends ControlOptions {
  /** The name of the queue unless given. */
  readonly exchange?: string
  readonly exchangeType?: string
  readonly routingKey?: string
  /** More of the queue, by Celery's names: `durable`, `auto_delete`, `queue_arguments`, `max_priority` … */
  readonly options?: Readonly<Record<string, unknown>>
}

/**
 * Remote control of workers, the client's side (`celery/app/control.py`). Each method but `inspect` and `purge` is a
 * command; its promise gives the replies where `reply` asks for them, and else none.
 */
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
      clock: this.#app.clock,
    })
    return this.#mailbox
  }

  /** Asks workers how they are: `await app.control.inspect({ timeout: 2 }).stats()`. */
  inspect(options: RemoteOptions = {}): Inspect {
    return new Inspect(this, options)
  }

  /** Sends workers a command. */
  async broadcast(command: string, { reply = false, ...options }: BroadcastOptions = {}): Promise<Replies> {
    if (reply) return this.request(command, options)
    await this.mailbox.cast(this.#app.connection, command, options)
    return []
  }

  /** Asks workers something, and waits for what they say. */
  request(command: string, options: RequestOptions = {}): Promise<Replies> {
    const { timeout = 1, callback, ...others } = options
    return this.mailbox.call(this.#app.connection, command, {
      ...others,
      timeoutSeconds: timeout,
      ...(callback && { onReply: callback }),
    })
  }

  /** Which workers are there. */
  ping(options: RequestOptions = {}): Promise<Replies> {
    return this.request('ping', options)
  }

  /** Tells workers not to run a task; with `terminate`, to end it when it runs. */
  revoke(taskId: string | readonly string[], options: RevokeOptions = {}): Promise<Replies> {
    const { terminate = false, signal = 'SIGTERM', ...others } = options
    return this.#tell('revoke', { task_id: taskId, terminate, signal }, others)
  }

  /** As `revoke`, with `terminate`. */
  terminate(taskId: string | readonly string[], options: RevokeOptions = {}): Promise<Replies> {
    return this.revoke(taskId, { ...options, terminate: true })
  }

  /** Tells workers not to run tasks that were stamped so: `{ customer: ['a', 'b'] }`. */
  revokeByStampedHeaders(
    headers: Readonly<Record<string, unknown>>,
    options: RevokeOptions = {},
  ): Promise<Replies> {
    const { terminate = false, signal = 'SIGTERM', ...others } = options
    return this.#tell('revoke_by_stamped_headers', { headers, terminate, signal }, others)
  }

  /** @param limit a number per second, or like `100/m`; 0 for none */
  rateLimit(task: string, limit: string | number, options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('rate_limit', { task_name: task, rate_limit: limit }, options)
  }

  /** Seconds; what is left out is without limit. */
  timeLimit(
    task: string,
    { soft, hard }: { readonly soft?: number; readonly hard?: number },
    options: ControlOptions = {},
  ): Promise<Replies> {
    return this.#tell('time_limit', { task_name: task, soft: soft ?? null, hard: hard ?? null }, options)
  }

  /** Has workers take tasks from one more queue. */
  addConsumer(queue: string, options: AddConsumerOptions = {}): Promise<Replies> {
    const { exchange, exchangeType, routingKey, options: more, ...others } = options
    const given = { exchange: exchange ?? null, exchange_type: exchangeType ?? 'direct' }
    return this.#tell('add_consumer', { queue, ...given, routing_key: routingKey ?? null, ...more }, others)
  }

  cancelConsumer(queue: string, options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('cancel_consumer', { queue }, options)
  }

  enableEvents(options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('enable_events', {}, options)
  }

  disableEvents(options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('disable_events', {}, options)
  }

  poolGrow(n = 1, options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('pool_grow', { n }, options)
  }

  poolShrink(n = 1, options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('pool_shrink', { n }, options)
  }

  autoscale(max: number, min: number, options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('autoscale', { max, min }, options)
  }

  /**
   * New children take the place of the old ones; workers do so with `workerPoolRestarts` only.
   * @param options `modules` are imported by the worker and its new children, `reload` is for workers in Python
   */
  poolRestart({
    modules,
    reload = false,
    ...options
  }: ControlOptions & {
    readonly modules?: readonly string[]
    readonly reload?: boolean
  } = {}): Promise<Replies> {
    return this.#tell('pool_restart', { modules: modules ?? null, reload, reloader: null }, options)
  }

  heartbeat(options: ControlOptions = {}): Promise<Replies> {
    return this.#tell('heartbeat', {}, options)
  }

  /** For workers in Python. Never ask one of Celery 5.6 that is alone: it ends. Ours do not answer. */
  election(id: string, topic: string, action: unknown = null): Promise<Replies> {
    return this.#tell('election', { id, topic, action }, {})
  }

  /** Asks workers to stop, warm. They do not reply. */
  shutdown(options: Destination = {}): Promise<Replies> {
    return this.#tell('shutdown', {}, options)
  }

  /**
   * Deletes the messages that wait in task queues; gives how many. There is no way back.
   * @param queues names; the configured ones unless given
   */
  async purge(
    queues: readonly string[] = this.#app.amqp.queues.configured.map(({ name }) => name),
  ): Promise<number> {
    let count = 0
    for (const name of queues) {
      count += await this.#app.connection
        .ensure((channel) => channel.queuePurge(name))
        .catch((error: unknown) => {
          if (error instanceof ChannelError && error.code === NOT_FOUND) return 0
          throw error
        })
    }
    return count
  }

  close(): void {
    this.#mailbox = undefined
  }

  #tell(command: string, args: Readonly<Record<string, unknown>>, options: ControlOptions): Promise<Replies> {
    return this.broadcast(command, { ...options, arguments: args })
  }
}
