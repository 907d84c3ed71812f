import {
  type Connection,
  EncodeError,
  type Exchange,
  Producer,
  type PublishMessageOptions,
  type Queue,
} from '@voice-pocket/kombu'
import type { EventFields } from '../events/event.ts'
import { warningLogger } from '../logger.ts'
import type { Signals } from '../signals.ts'
import type { Settings } from './defaults.ts'
import { canBeDelayed, delayedDestination, LONGEST_DELAY_SECONDS } from './delayed-delivery.ts'
import { deliveryModeNumber } from './delivery-mode.ts'
import type { MiddlewareChain, Publication } from './middleware.ts'
import { sentFields, type TaskCall, writeTask } from './protocol.ts'
import { inMilliseconds, type PublishPolicy } from './publish-policy.ts'
import { publishWithin } from './publish-within.ts'
import { Queues } from './queues.ts'
import { overRoute, type Route, routedName, routeOf } from './routes.ts'
import type { AnyTask } from './task.ts'

/** How the message of a call is published; `call` says what is in it. */
export interface SendOptions {
  /** What the call, or else its task, says of its way. */
  readonly way: Route
  readonly retry: boolean
  readonly retryPolicy: PublishPolicy
  /** Seconds. */
  readonly timeout: number | undefined
  /** Of the task that sends it, where that is to count. */
  readonly parentPriority: number | undefined
  /** Identity of the client, where an RPC result would go. */
  readonly replyTo: string
}

interface Destination {
  readonly exchange: string
  readonly routingKey: string
  /** Which queue was meant; none where an exchange was named. */
  readonly queue: string | null
  readonly declare: readonly (Exchange | Queue)[]
}

export interface SendHooks {
  /** Tells monitors of a task that was sent; called where the settings want it. */
  readonly onSent: (fields: EventFields) => void
  readonly around: MiddlewareChain<Publication, void>
  readonly taskOf: (name: string) => AnyTask | undefined
  readonly signals: Signals
}

/** The app's side of messaging: its queues, and the one place that publishes a task message. */
export class Amqp {
  readonly queues: Queues
  readonly #conf: Settings
  readonly #connection: Connection
  readonly #producer: Producer
  readonly #hooks: SendHooks

  constructor(conf: Settings, connection: Connection, hooks: SendHooks) {
    this.#conf = conf
    this.queues = new Queues(conf)
    this.#connection = connection
    this.#producer = new Producer(connection)
    this.#hooks = hooks
  }

  /** Whether RabbitMQ holds tasks with an eta, instead of the workers: only where quorum queues are in use. */
  get usesNativeDelayedDelivery(): boolean {
    const isAmqp = this.#connection.urls.every(({ scheme }) => scheme === 'amqp' || scheme === 'amqps')
    return isAmqp && this.#conf.workerDetectQuorumQueues && this.queues.hasQuorum
  }

  /** Resolves when the broker has the message, and rejects with OperationalError when it cannot be reached. */
  async sendTask(call: TaskCall, options: SendOptions): Promise<void> {
    const { headers, body } = writeTask(call)
    const way = await this.#wayOf(call, options)
    const { exchange, routingKey, queue, declare } = this.#destination(way, call.eta)
    const properties = { ...this.#messageOptions(call, options, way) }
    const publication = { sender: call.task, body, headers, exchange, routingKey }
    const { signals } = this.#hooks
    const publish = () =>
      publishWithin(options.timeout, call, (signal) =>
        this.#producer.publish(body, {
          ...properties,
          ...{ exchange, routingKey, declare, headers },
          ...(signal && { signal }),
        }),
      )
    await signals.beforeTaskPublish.send(
      { ...publication, properties, declare, retryPolicy: options.retryPolicy },
      warningLogger,
      call.task,
    )
    await this.#hooks.around
      .around({ call, headers, exchange, routingKey, queue }, publish)
      .catch((error: unknown) => throwNamed(error, call))
    await signals.afterTaskPublish.send(publication, warningLogger, call.task)
    if (this.#conf.taskSendSentEvent)
      this.#hooks.onSent({ ...sentFields(headers), queue, exchange, routing_key: routingKey })
  }

  #messageOptions(call: TaskCall, options: SendOptions, way: Route): PublishMessageOptions {
    const { taskSerializer, taskCompression, taskDefaultDeliveryMode, taskDefaultPriority } = this.#conf
    const compression = way.compression ?? taskCompression
    return {
      serializer: way.serializer ?? taskSerializer,
      ...(compression && { compression }),
      correlationId: call.id,
      replyTo: options.replyTo,
      deliveryMode: deliveryModeNumber(way.deliveryMode ?? taskDefaultDeliveryMode),
      priority: way.priority ?? options.parentPriority ?? taskDefaultPriority,
      ...(call.expires && { expiration: Math.max(0, (Date.parse(call.expires) - Date.now()) / 1000) }),
      retry: options.retry,
      retryPolicy: inMilliseconds(options.retryPolicy),
    }
  }

  /** What the call says of its way, over what its route says. */
  async #wayOf(call: TaskCall, { way }: SendOptions): Promise<Route> {
    const { taskRoutes } = this.#conf
    if (taskRoutes.length === 0) return way
    const { args, kwargs } = call
    const name = routedName(call)
    const task = this.#hooks.taskOf(name)
    return overRoute(await routeOf({ name, args, kwargs, options: way, task }, taskRoutes), way)
  }

  /** An exchange that was named is used as it is; else the queue, straight through the default exchange. */
  #destination(way: Route, eta: string | undefined): Destination {
    const { exchange, queue: queueName, routingKey } = way
    if (exchange !== undefined)
      return { exchange, routingKey: routingKey ?? '', queue: queueName ?? null, declare: [] }
    const queue = this.queues.get(queueName ?? this.#conf.taskDefaultQueue)
    if (queue.exchange.type === 'direct')
      return { exchange: '', routingKey: queue.name, queue: queue.name, declare: [queue] }
    // Of a fanout exchange every consumer has a queue of its own; a sender that declared one would fill it for nobody.
    const declare = queue.exchange.type === 'fanout' ? [queue.exchange] : [queue]
    const key = routingKey ?? queue.routingKey
    const direct = { exchange: queue.exchange.name, routingKey: key, declare }
    return { ...(this.#delayed(queue, key, eta) ?? direct), queue: queue.name }
  }

  #delayed(
    queue: Queue,
    routingKey: string,
    eta: string | undefined,
  ): Omit<Destination, 'queue'> | undefined {
    if (eta === undefined || !this.usesNativeDelayedDelivery || !canBeDelayed(queue.exchange))
      return undefined
    const seconds = Math.floor((Date.parse(eta) - Date.now()) / 1000)
    if (seconds < 1 || seconds > LONGEST_DELAY_SECONDS) return undefined
    // Workers declare the levels, and the queue with its way back from them.
    return { ...delayedDestination(seconds, routingKey), declare: [] }
  }
}

/** What is wrong with an argument is told with the call that it is of. */
function throwNamed(error: unknown, { task, id }: TaskCall): never {
  if (!(error instanceof EncodeError)) throw error
  throw new EncodeError(`${task}[${id}] cannot be sent: ${error.message}`, { cause: error })
}
