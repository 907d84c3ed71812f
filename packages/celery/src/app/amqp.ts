import { type Connection, Producer } from '@voice-pocket/kombu'
import type { Settings } from './defaults.ts'
import { type TaskCall, writeTask } from './protocol.ts'
import { Queues } from './queues.ts'
import { type Route, routeOf } from './routes.ts'

/** How the message of a call is published; `call` says what is in it. */
export interface SendOptions extends Route {
  readonly serializer: string
  readonly compression: string | undefined
  readonly retry: boolean
  /** Identity of the client, where an RPC result would go. */
  readonly replyTo: string
}

/** The app's side of messaging: its queues, and the one place that publishes a task message. */
export class Amqp {
  readonly queues: Queues
  readonly #conf: Settings
  readonly #producer: Producer

  constructor(conf: Settings, connection: Connection) {
    this.#conf = conf
    this.queues = new Queues(conf)
    this.#producer = new Producer(connection)
  }

  /** Resolves when the broker has the message, and rejects with OperationalError when it cannot be reached. */
  async sendTask(call: TaskCall, options: SendOptions): Promise<void> {
    const { headers, body } = writeTask(call)
    const route = routeOf(call.task, this.#conf.taskRoutes)
    const { exchange, routingKey, declare } = this.#destination(route, options)
    const { maxRetries, intervalStart, intervalStep, intervalMax } = this.#conf.taskPublishRetryPolicy
    await this.#producer.publish(body, {
      exchange,
      routingKey,
      declare,
      headers,
      serializer: options.serializer,
      ...(options.compression && { compression: options.compression }),
      correlationId: call.id,
      replyTo: options.replyTo,
      deliveryMode: this.#conf.taskDefaultDeliveryMode === 'persistent' ? 2 : 1,
      priority: options.priority ?? route.priority ?? this.#conf.taskDefaultPriority,
      ...(call.expires && { expiration: Math.max(0, (Date.parse(call.expires) - Date.now()) / 1000) }),
      retry: options.retry,
      retryPolicy: {
        maxRetries,
        intervalStartMs: intervalStart * 1000,
        intervalStepMs: intervalStep * 1000,
        intervalMaxMs: intervalMax * 1000,
      },
    })
  }

  /**
   * An exchange that was named is used as it is; else the queue, straight through the default exchange. Where the
   * call itself names one of them, its route does not count.
   */
  #destination(route: Route, options: SendOptions) {
    const named = options.exchange === undefined && options.queue === undefined ? route : {}
    const { exchange = named.exchange, queue: queueName = named.queue } = options
    const { routingKey = named.routingKey } = options
    if (exchange !== undefined) return { exchange, routingKey: routingKey ?? '', declare: [] }
    const queue = this.queues.get(queueName ?? this.#conf.taskDefaultQueue)
    if (queue.exchange.type !== 'direct') {
      return { exchange: queue.exchange.name, routingKey: routingKey ?? queue.routingKey, declare: [queue] }
    }
    return { exchange: '', routingKey: queue.name, declare: [queue] }
  }
}
