/** The queues in which what is urgent comes first, and what to do when the broker has them in another form. */
import { ChannelError, type Connection, Exchange, Queue } from '@voice-pocket/kombu'
import type { Config } from './config.ts'
import { QueueRefusedError } from './exceptions.ts'
import { HIGHEST_PRIORITY } from './priority.ts'

const NOT_FOUND = 404

/** RabbitMQ's words: `current is none`, `current is '5'` or `current is the value '5' of type 'signedint'`. */
const REFUSAL =
  /inequivalent arg 'x-max-priority' for queue '(.+?)' in vhost .* current is (?:none|\D*'(\d+)')/s

/**
 * RabbitMQ must be told when such a queue is made, and refuses whoever declares it otherwise: so these are the
 * service's own, and others send to the plain one. All other brokers keep the order unasked.
 */
export function orderedQueues({ brokerUrl, speechQueue, partsQueue, priorities }: Config): Queue[] {
  const isTold = priorities === 'on' && /^amqps?:/i.test(brokerUrl)
  const maxPriority = isTold && { maxPriority: HIGHEST_PRIORITY }
  return [speechQueue, partsQueue].map(
    (name) => new Queue(name, { exchange: new Exchange(name), routingKey: name, ...maxPriority }),
  )
}

/** Makes none. Rejects QueueRefusedError when one is there in another form. */
export async function assertQueuesFit(
  connection: Pick<Connection, 'channel'>,
  queues: readonly Queue[],
): Promise<void> {
  await Promise.all(queues.map((queue) => assertFits(connection, queue)))
}

/** @throws QueueRefusedError in the place of the broker's own word; any other error as it is */
export function explainRefusal(error: unknown): never {
  const [, queue, found] = (error instanceof ChannelError && REFUSAL.exec(error.message)) || []
  if (queue === undefined) throw error
  const isThere = found === undefined ? 'without x-max-priority' : `with x-max-priority ${found}`
  throw new QueueRefusedError(
    `The queue ${queue} is on the broker ${isThere}, from an earlier version or another program, and a queue cannot be ` +
      `changed. ${toUseIt(found)}Stop all workers and delete it with what waits in it (rabbitmqctl delete_queue ` +
      `${queue}), or choose another name (VOICE_POCKET_SPEECH_QUEUE, VOICE_POCKET_PARTS_QUEUE).`,
    { cause: error },
  )
}

function toUseIt(found: string | undefined): string {
  if (found !== undefined && Number(found) !== HIGHEST_PRIORITY) return ''
  return `Set VOICE_POCKET_PRIORITIES to ${found === undefined ? 'off' : 'on'} to use it as it is. Otherwise: `
}

/** On a channel of its own, which a refusal closes. */
async function assertFits(connection: Pick<Connection, 'channel'>, queue: Queue): Promise<void> {
  const channel = await connection.channel()
  try {
    await queue.status(channel)
    await queue.declare(channel)
  } catch (error) {
    if (!(error instanceof ChannelError) || error.code !== NOT_FOUND) explainRefusal(error)
  } finally {
    await channel.close()
  }
}
