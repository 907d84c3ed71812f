/**
 * Native delayed delivery: RabbitMQ itself holds a task until its time, so that no worker has to. As Kombu lays it
 * out (`kombu/transport/native_delayed_delivery.py`): one level for each bit of the delay in seconds. On the way down
 * from level 27 a message waits 2^n seconds where its bit is 1 and passes by where it is 0; its routing key is the 28
 * bits followed by the key it is meant for. Exchanges that are direct cannot be reached this way: they match whole
 * keys only.
 */
import type { Channel, Exchange, Queue } from '@voice-pocket/kombu'

const TOP_LEVEL = 27
const BITS = TOP_LEVEL + 1
const DELIVERY_EXCHANGE = 'celery_delayed_delivery'

const levelName = (level: number) => `celery_delayed_${level}`

/** The key pattern of a level: its bit, whatever the bits before and after. */
const bitPattern = (level: number, bit: 0 | 1) => `${'*.'.repeat(TOP_LEVEL - level)}${bit}.#`

/** Longer delays do not fit in the bits (about eight and a half years). */
export const LONGEST_DELAY_SECONDS = 2 ** BITS - 1

/** Whether tasks for this exchange can be held by the broker. */
export function canBeDelayed(exchange: Exchange): boolean {
  return exchange.name !== '' && exchange.type !== 'direct'
}

/** Where to publish a message so that it reaches its exchange after a delay of 1 to LONGEST_DELAY_SECONDS. */
export function delayedDestination(
  seconds: number,
  routingKey: string,
): { exchange: string; routingKey: string } {
  const bits = seconds.toString(2).padStart(BITS, '0')
  return { exchange: levelName(TOP_LEVEL), routingKey: `${[...bits].join('.')}.${routingKey}` }
}

/** Declares every level. Twice is fine. */
export async function declareDelayedDelivery(
  channel: Channel,
  queueType: 'classic' | 'quorum',
): Promise<void> {
  await channel.exchangeDeclare(DELIVERY_EXCHANGE, { type: 'topic', durable: true })
  for (let level = 0; level <= TOP_LEVEL; level += 1) {
    const below = level === 0 ? DELIVERY_EXCHANGE : levelName(level - 1)
    await channel.exchangeDeclare(levelName(level), { type: 'topic', durable: true })
    await channel.queueDeclare(levelName(level), {
      durable: true,
      arguments: levelArguments(level, below, queueType),
    })
    await channel.queueBind(levelName(level), levelName(level), bitPattern(level, 1))
    await channel.exchangeBind(below, levelName(level), bitPattern(level, 0))
  }
}

/** Lets what was delayed reach the queue. A queue of a direct exchange is left alone: false. */
export async function bindToDelayedDelivery(channel: Channel, queue: Queue): Promise<boolean> {
  if (!canBeDelayed(queue.exchange)) return false
  const pattern = queue.routingKey.startsWith('#') ? queue.routingKey : `#.${queue.routingKey}`
  await channel.exchangeBind(queue.exchange.name, DELIVERY_EXCHANGE, pattern)
  await channel.queueBind(queue.name, queue.exchange.name, pattern)
  return true
}

function levelArguments(
  level: number,
  below: string,
  queueType: 'classic' | 'quorum',
): Record<string, unknown> {
  return {
    'x-queue-type': queueType,
    'x-overflow': 'reject-publish',
    'x-message-ttl': 2 ** level * 1000,
    'x-dead-letter-exchange': below,
    ...(queueType === 'quorum' && { 'x-dead-letter-strategy': 'at-least-once' }),
  }
}
