import {
  type Connection,
  type Exchange,
  Producer,
  type PublishMessageOptions,
  type Queue,
} from '@voice-pocket/kombu'
import type { EventFields } from '../events/event.ts'
import type { Settings } from './defaults.ts'
import { canBeDelayed, delayedDestination, LONGEST_DELAY_SECONDS } from './delayed-delivery.ts'
import type { MiddlewareChain, Publication } from './middleware.ts'
import { sentFields, type TaskCall, writeTask } from './protocol.ts'
import { Queues } from './queues.ts'
import { type Route, routedName, routeOf } from './routes.ts'

/** How the message of a call is published; `call` says what is in it. */
export interface SendOptions extends Route {
  readonly serializer: string
  readonly compression: string | undefined
  readonly retry: boolean
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
    const route = this.#routeOf(call, options)
    const { exchange, routingKey, queue, declare } = this.#destination(route, options, call.eta)
    const publish = () =>
      this.#producer.publish(body, {
        ...this.#messageOptions(call, options, route),
        exchange,
        routingKey,
        declare,
        headers,
      })
    await this.#hooks.around.around({ call, headers, exchange, routingKey, queue }, publish)
    if (this.#conf.taskSendSentEvent)
      this.#hooks.onSent({ ...sentFields(headers), queue, exchange, routing_key: routingKey })
  }

  #messageOptions(call: TaskCall, options: SendOptions, route: Route): PublishMessageOptions {
    const { maxRetries, intervalStart, intervalStep, intervalMax } = this.#conf.taskPublishRetryPolicy
    return {
      serializer: options.serializer,
      ...(options.compression && { compression: options.compression }),
      correlationId: call.id,
      replyTo: options.replyTo,
      deliveryMode: this.#conf.taskDefaultDeliveryMode === 'persistent' ? 2 : 1,
      priority:
        options.priority ?? route.priority ?? options.parentPriority ?? this.#conf.taskDefaultPriority,
      ...(call.expires && { expiration: Math.max(0, (Date.parse(call.expires) - Date.now()) / 1000) }),
      retry: options.retry,
      retryPolicy: {
        maxRetries,
        intervalStartMs: intervalStart * 1000,
        intervalStepMs: intervalStep * 1000,
        intervalMaxMs: intervalMax * 1000,
      },
    }
  }

  #routeOf(call: TaskCall, { queue, exchange, routingKey, priority }: SendOptions): Route {
    const own = Object.entries({ queue, exchange, routingKey, priority }).filter(
      ([, given]) => given !== undefined,
    )
    const { args, kwargs } = call
    return routeOf(routedName(call), this.#conf.taskRoutes, {
      args,
      kwargs,
      options: Object.fromEntries(own),
    })
  }

  /**
   * An exchange that was named is used as it is; else the queue, straight through the default exchange. Where the
   * call itself names one of them, its route does not count.
   */
  #destination(route: Route, options: SendOptions, eta: string | undefined): Destination {
    const named = options.exchange === undefined && options.queue === undefined ? route : {}
    const { exchange = named.exchange, queue: queueName = named.queue } = options
    const { routingKey = named.routingKey } = options
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
