/** Which queues a worker takes tasks from. snake_case below is the wire. */
import { Exchange, type ExchangeType, Queue } from '@voice-pocket/kombu'
import type { Command, CommandArguments } from '../../app/panel.ts'
import type { Consumer } from '../consumer/consumer.ts'
import { optionalText, requiredText } from './arguments.ts'

export const QUEUE_COMMANDS: readonly Command[] = [
  {
    name: 'active_queues',
    type: 'inspect',
    help: 'List the task queues a worker is currently consuming from.',
    run: (worker) => (worker.taskConsumer?.queues ?? []).map(described),
  },
  {
    name: 'add_consumer',
    type: 'control',
    help: 'Tell worker(s) to consume from task queue by name.',
    signature: '<queue> [exchange [type [routing_key]]]',
    args: [
      ['queue', String],
      ['exchange', String],
      ['exchange_type', String],
      ['routing_key', String],
    ],
    run: async (worker, args) => {
      const queue = queueOf(worker, args)
      await worker.addTaskQueue(queue)
      return { ok: `add consumer ${queue.name}` }
    },
  },
  {
    name: 'cancel_consumer',
    type: 'control',
    help: 'Tell worker(s) to stop consuming from task queue by name.',
    signature: '<queue>',
    args: [['queue', String]],
    run: async (worker, args) => {
      const name = requiredText(args, 'queue')
      await worker.cancelTaskQueue(name)
      return { ok: `no longer consuming from ${name}` }
    },
  },
]

/** A configured queue is as it was configured; any other one as the command has it. */
function queueOf({ app }: Consumer, args: CommandArguments): Queue {
  const name = requiredText(args, 'queue')
  const configured = app.amqp.queues.configured.find((queue) => queue.name === name)
  if (configured) return configured
  const exchange = optionalText(args, 'exchange') ?? name
  const type = (optionalText(args, 'exchange_type') ?? 'direct') as ExchangeType
  const { durable, auto_delete, exclusive, queue_arguments, binding_arguments } = args
  const { expires, message_ttl, max_length, max_priority } = args
  // As the app makes queues by name: whoever sends there declares it so as well.
  const { taskDefaultQueueType, taskQueueMaxPriority } = app.conf
  const typed = taskDefaultQueueType === 'quorum' ? { 'x-queue-type': 'quorum' } : undefined
  const options = {
    ...{ durable, autoDelete: auto_delete, exclusive, queueArguments: queue_arguments ?? typed },
    ...{ bindingArguments: binding_arguments, expires, messageTtl: message_ttl },
    ...{ maxLength: max_length, maxPriority: max_priority ?? (taskQueueMaxPriority || undefined) },
  }
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  )
  const routingKey = optionalText(args, 'routing_key') ?? (type === 'fanout' ? '' : name)
  return new Queue(name, { ...given, exchange: new Exchange(exchange, { type }), routingKey })
}

function described(queue: Queue): Readonly<Record<string, unknown>> {
  const { exchange, queueArguments } = queue
  return {
    name: queue.name,
    exchange: {
      name: exchange.name,
      type: exchange.type,
      arguments: orNull(exchange.arguments),
      durable: exchange.durable,
      passive: exchange.passive,
      auto_delete: exchange.autoDelete,
      delivery_mode: exchange.deliveryMode,
      no_declare: exchange.noDeclare,
    },
    routing_key: queue.routingKey,
    queue_arguments: orNull(queueArguments),
    binding_arguments: orNull(queue.bindingArguments),
    consumer_arguments: null,
    durable: queue.durable,
    exclusive: queue.exclusive,
    auto_delete: queue.autoDelete,
    no_ack: queue.noAck,
    alias: null,
    bindings: queue.bindings.map((binding) => ({
      exchange: binding.exchange.name,
      routing_key: binding.routingKey,
      arguments: orNull(binding.arguments ?? {}),
    })),
    no_declare: queue.noDeclare || null,
    expires: seconds(queueArguments['x-expires']),
    message_ttl: seconds(queueArguments['x-message-ttl']),
    max_length: queueArguments['x-max-length'] ?? null,
    max_length_bytes: queueArguments['x-max-length-bytes'] ?? null,
    max_priority: queueArguments['x-max-priority'] ?? null,
  }
}

const orNull = (table: Readonly<Record<string, unknown>>) => (Object.keys(table).length > 0 ? table : null)
const seconds = (milliseconds: unknown) => (typeof milliseconds === 'number' ? milliseconds / 1000 : null)
