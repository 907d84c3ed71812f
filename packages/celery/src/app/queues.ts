import { Broadcast, Exchange, Queue } from '@voice-pocket/kombu'
import { ImproperlyConfigured, QueueNotFound } from '../exceptions.ts'
import type { Settings } from './defaults.ts'
import { directQueue, workerDirect } from './worker-direct.ts'

interface QueueParts {
  readonly exchange: Exchange
  readonly routingKey: string
  readonly type: 'classic' | 'quorum'
}

/** The queues of an app by name; makes those that are named but not configured, as Celery does. */
export class Queues {
  readonly #conf: Settings
  readonly #queues = new Map<string, Queue>()

  constructor(conf: Settings) {
    this.#conf = conf
    for (const entry of conf.taskQueues) this.#queues.set(nameOf(entry), this.#toQueue(entry))
    if (this.#queues.size === 0) this.#queues.set(conf.taskDefaultQueue, this.#make(conf.taskDefaultQueue))
  }

  /** What a worker consumes from when it is not told. */
  get configured(): readonly Queue[] {
    return [...this.#queues.values()]
  }

  /** What a worker consumes from. @param names the configured ones unless given */
  ofWorker(nodeName: string, names?: readonly string[]): readonly Queue[] {
    const queues = names?.map((name) => this.get(name)) ?? this.configured
    return this.#conf.workerDirect ? [...queues, workerDirect(nodeName)] : queues
  }

  /** RabbitMQ treats its quorum queues differently: no prefetch count over a whole channel, no priorities. */
  get hasQuorum(): boolean {
    return this.configured.some(isQuorum)
  }

  /** @throws QueueNotFound when it is not configured and `taskCreateMissingQueues` is off. */
  get(name: string): Queue {
    const known = this.#queues.get(name) ?? directQueue(name)
    if (known) return known
    if (name !== this.#conf.taskDefaultQueue && !this.#conf.taskCreateMissingQueues) {
      const names = [...this.#queues.keys()].join(', ')
      throw new QueueNotFound(
        `There is no queue '${name}' in taskQueues (${names}). Add it, or allow missing ones.`,
      )
    }
    return name === this.#conf.taskDefaultQueue ? this.#make(name) : this.#makeMissing(name)
  }

  #toQueue(entry: unknown): Queue {
    return entry instanceof Queue ? entry : this.#make(nameOf(entry))
  }

  /** A queue that the settings name. */
  #make(name: string): Queue {
    const { taskDefaultExchange, taskDefaultExchangeType: type, taskDefaultRoutingKey } = this.#conf
    // Two queues with one key on one exchange would both get every task.
    const routingKey = name === this.#conf.taskDefaultQueue ? taskDefaultRoutingKey || name : name
    const exchange = new Exchange(taskDefaultExchange || name, { type, deliveryMode: this.#deliveryMode })
    return this.#queue(name, { exchange, routingKey, type: this.#conf.taskDefaultQueueType })
  }

  /** One that only a call, a route or `-Q` names. It is Python's that way, and must be the same for both. */
  #makeMissing(name: string): Queue {
    const type = this.#conf.taskCreateMissingQueueExchangeType
    const exchange = new Exchange(name, { type, deliveryMode: this.#deliveryMode })
    return this.#queue(name, { exchange, routingKey: name, type: this.#conf.taskCreateMissingQueueType })
  }

  #queue(name: string, { exchange, routingKey, type }: QueueParts): Queue {
    const { taskQueueMaxPriority } = this.#conf
    return new Queue(name, {
      exchange,
      routingKey,
      ...(type === 'quorum' && { queueArguments: { 'x-queue-type': 'quorum' } }),
      ...(taskQueueMaxPriority > 0 && { maxPriority: taskQueueMaxPriority }),
    })
  }

  get #deliveryMode() {
    return this.#conf.taskDefaultDeliveryMode === 'persistent' ? 2 : 1
  }
}

export function isQuorum(queue: Queue): boolean {
  return queue.queueArguments['x-queue-type'] === 'quorum'
}

function nameOf(entry: unknown): string {
  if (entry instanceof Broadcast) return entry.alias
  if (entry instanceof Queue) return entry.name
  if (typeof entry === 'string' && entry !== '') return entry
  throw new ImproperlyConfigured(
    `Setting 'taskQueues' takes names and Queue objects; one entry is ${JSON.stringify(entry)}.`,
  )
}
