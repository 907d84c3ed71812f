import type { Channel, Delivery, ExchangeType } from '@voice-pocket/kombu'

/** An argument: its name, and what it is when it is left out; without that it must be given. */
export type OperationArgument = readonly [name: string, fallback?: string]

/** One operation of AMQP 0-9-1, under its name in the specification. */
export interface Operation {
  readonly help: string
  readonly args: readonly OperationArgument[]
  /** Resolves with what is to be shown besides OK. */
  readonly run: (channel: Channel, args: readonly string[]) => Promise<unknown>
}

const PASSIVE: OperationArgument = ['passive', 'false']
const DURABLE: OperationArgument = ['durable', 'false']
const AUTO_DELETE: OperationArgument = ['auto_delete', 'false']

/** Celery's operations, their arguments in its order. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'exchange.declare': {
    help: 'Make sure that an exchange is there.',
    args: [['exchange'], ['type'], PASSIVE, DURABLE, AUTO_DELETE],
    run: (channel, [exchange = '', type, passive, durable, autoDelete]) =>
      channel.exchangeDeclare(exchange, {
        type: type as ExchangeType,
        ...flags({ passive, durable, autoDelete }),
      }),
  },
  'exchange.delete': {
    help: 'Delete an exchange.',
    args: [['exchange'], ['if_unused', 'false']],
    run: (channel, [exchange = '', ifUnused]) => channel.exchangeDelete(exchange, flags({ ifUnused })),
  },
  'queue.bind': {
    help: 'Bind a queue to an exchange.',
    args: [['queue'], ['exchange'], ['routing_key']],
    run: (channel, [queue = '', exchange = '', key = '']) => channel.queueBind(queue, exchange, key),
  },
  'queue.declare': {
    help: 'Make sure that a queue is there, and say how much is in it.',
    args: [['queue'], PASSIVE, DURABLE, AUTO_DELETE],
    run: async (channel, [name = '', passive, durable, autoDelete]) => {
      const status = await channel.queueDeclare(name, flags({ passive, durable, autoDelete }))
      return { queue: status.queue, messages: status.messageCount, consumers: status.consumerCount }
    },
  },
  'queue.delete': {
    help: 'Delete a queue.',
    args: [['queue'], ['if_unused', 'false'], ['if_empty', 'false']],
    run: async (channel, [queue = '', ifUnused, ifEmpty]) => ({
      deleted: await channel.queueDelete(queue, flags({ ifUnused, ifEmpty })),
    }),
  },
  'queue.purge': {
    help: 'Delete the messages of a queue.',
    args: [['queue']],
    run: async (channel, [queue = '']) => ({ deleted: await channel.queuePurge(queue) }),
  },
  'basic.get': {
    help: 'Take a message; without no_ack it goes back to its queue unless basic.ack follows.',
    args: [['queue'], ['no_ack', 'false']],
    run: async (channel, [queue = '', noAck]) => shown(await channel.basicGet(queue, flags({ noAck }))),
  },
  'basic.publish': {
    help: 'Send a text.',
    args: [['msg'], ['exchange'], ['routing_key'], ['mandatory', 'false']],
    run: (channel, [text = '', exchange = '', routingKey = '', mandatory]) =>
      channel.basicPublish(
        {
          body: Buffer.from(text),
          contentType: 'text/plain',
          contentEncoding: 'utf-8',
          headers: {},
          properties: {},
        },
        { exchange, routingKey, ...flags({ mandatory }) },
      ),
  },
  'basic.ack': {
    help: 'Acknowledge a message by its delivery tag.',
    args: [['delivery_tag']],
    run: (channel, [tag = '']) => channel.basicAck(tag),
  },
}

/** @throws TypeError for what is neither true nor false */
function flags<Name extends string>(
  given: Readonly<Record<Name, string | undefined>>,
): Record<Name, boolean> {
  const entries = Object.entries<string | undefined>(given).map(([name, text = 'false']) => {
    if (/^(?:true|yes|on|1)$/i.test(text)) return [name, true]
    if (/^(?:false|no|off|0)$/i.test(text)) return [name, false]
    throw new TypeError(`${name} is '${text}'. It must be true or false.`)
  })
  return Object.fromEntries(entries) as Record<Name, boolean>
}

function shown(delivery: Delivery | undefined): unknown {
  if (delivery === undefined) return 'No messages in queue. basic.publish something.'
  const { body, contentType, headers, properties, deliveryTag, exchange, routingKey, redelivered } = delivery
  return {
    body: body.toString('utf8'),
    properties: { ...properties, contentType, headers },
    delivery_info: { delivery_tag: deliveryTag, exchange, routing_key: routingKey, redelivered },
  }
}
