import { type Channel, Consumer as MessageConsumer, OperationalError } from '@voice-pocket/kombu'
import { isQuorum } from '../../app/queues.ts'
import { StartStopStep } from '../../bootsteps.ts'
import { NONE, PrefetchCount } from '../prefetch.ts'
import type { WorkerState } from '../state.ts'
import { receive } from '../strategy.ts'
import type { Consumer } from './consumer.ts'
import { finish } from './finishing.ts'
import { Mingle } from './mingle.ts'

const ONE_AHEAD = 'has no channel.flow, so up to one task in advance is taken for each slot'

/**
 * Consumes the task queues.
 * 1. Declares them, sets the prefetch count, hands each message to the strategy.
 * 2. When the worker stops it takes no more messages, gives back those that have not begun, and waits for those
 *    that run, so that they can still be acknowledged on this channel.
 * 3. When only the connection is made anew it waits for nothing: what runs goes on, see `Request.adopt`.
 */
export class Tasks extends StartStopStep<Consumer> {
  static override readonly requires = [Mingle]
  /** A warm shutdown takes as long as the tasks that run. */
  override readonly stopsWithinMs = Number.POSITIVE_INFINITY
  #stopListening: () => void = () => {}

  override async start(parent: Consumer): Promise<void> {
    const channel = await parent.channel()
    const { parts, logger } = parent
    const prefetch = this.#prefetch(parent, channel)
    parent.prefetch = prefetch
    const strategyParts = { ...parts, prefetch }
    await prefetch.update()
    parent.taskConsumer = new MessageConsumer(channel, {
      queues: parent.queues,
      accept: parent.app.conf.acceptContent,
      onMessage: (message) => receive(message, strategyParts),
      onError: (error) =>
        logger.error({ err: error }, 'A message could not be dealt with; it is delivered again'),
      onCancel: (queue) =>
        parent.restart(new Error(`The queue ${queue} was deleted while this worker consumed it`)),
    })
    await parent.taskConsumer.consume()
  }

  #prefetch(parent: Consumer, channel: Channel): PrefetchCount {
    const { workerEtaTaskLimit, workerDisablePrefetch } = parent.app.conf
    // Quorum queues know no prefetch count over a channel; the one of a consumer stands from its start.
    const isStatic = parent.queues.some(isQuorum)
    const heldLimit = isStatic ? 'static' : workerEtaTaskLimit
    const qos = (count: number) => channel.basicQos(count, { global: !isStatic })
    const { transport } = parent.connection
    if (!workerDisablePrefetch || !transport.implements.flow) {
      if (workerDisablePrefetch)
        parent.logger.warn(`workerDisablePrefetch: ${transport.driverType} ${ONE_AHEAD}`)
      return new PrefetchCount(parent.initialPrefetchCount, heldLimit, qos)
    }
    const apply = async (count: number) => {
      if (count !== NONE) await qos(count)
      await channel.flow(count !== NONE)
    }
    const prefetch = new PrefetchCount(parent.initialPrefetchCount, heldLimit, apply, () =>
      acknowledgedEarly(parent.state),
    )
    this.#stopListening = parent.state.onActivity(() => void this.#update(prefetch, parent))
    return prefetch
  }

  async #update(prefetch: PrefetchCount, { logger }: Consumer): Promise<void> {
    try {
      await prefetch.update()
    } catch (error) {
      logger.warn({ err: error }, 'The prefetch count is not set')
    }
  }

  override async stop(parent: Consumer): Promise<void> {
    const consumer = parent.taskConsumer
    this.#stopListening()
    parent.taskConsumer = undefined
    parent.prefetch = undefined
    try {
      if (consumer === undefined) return
      await cancel(consumer)
      if (parent.isStopping) {
        parent.parts.pool.close()
        await finish(parent, consumer)
      }
      if (consumer.channel.isOpen) await consumer.channel.close()
    } finally {
      parent.parts.timer.clear() // not before: up to here a message may come that is to be held
      parent.parts.rateLimits.clear()
      parent.state.held.clear()
    }
  }
}

async function cancel(consumer: MessageConsumer): Promise<void> {
  try {
    await consumer.cancel()
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error // the connection is lost: nothing comes any more
  }
}

/** Running tasks that the broker knows nothing of any more. */
function acknowledgedEarly({ active }: WorkerState): number {
  return [...active].filter(({ acksLate }) => !acksLate).length
}
