import { Consumer as MessageConsumer } from '@voice-pocket/kombu'
import { isQuorum } from '../../app/queues.ts'
import { StartStopStep } from '../../bootsteps.ts'
import { PrefetchCount } from '../prefetch.ts'
import { receive } from '../strategy.ts'
import type { Consumer } from './consumer.ts'
import { Mingle } from './mingle.ts'

/**
 * Consumes the task queues.
 * 1. Declares them, sets the prefetch count, hands each message to the strategy.
 * 2. When the worker stops it takes no more messages, gives back those that have not begun, and waits for those
 *    that run, so that they can still be acknowledged on this channel.
 * 3. When only the connection is made anew it waits for nothing: what runs goes on, see `Request.adopt`.
 */
export class Tasks extends StartStopStep<Consumer> {
  static override readonly requires = [Mingle]

  override async start(parent: Consumer): Promise<void> {
    const channel = await parent.channel()
    const { parts, logger } = parent
    const { workerEtaTaskLimit } = parent.app.conf
    // Quorum queues know no prefetch count over a channel; the one of a consumer stands from its start.
    const isStatic = parent.queues.some(isQuorum)
    const prefetch = new PrefetchCount(
      parent.initialPrefetchCount,
      isStatic ? 'static' : workerEtaTaskLimit,
      (count) => channel.basicQos(count, { global: !isStatic }),
    )
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

  override async stop(parent: Consumer): Promise<void> {
    const consumer = parent.taskConsumer
    parent.taskConsumer = undefined
    parent.prefetch = undefined
    try {
      if (!consumer?.channel.isOpen) return
      await consumer.cancel()
      if (parent.isStopping) {
        parent.parts.pool.close()
        await consumer.idle()
        await parent.state.idle() // held tasks whose time came run apart from the consumer's callbacks
      }
      await consumer.channel.close()
    } finally {
      parent.parts.timer.clear() // not before: up to here a message may come that is to be held
      parent.parts.rateLimits.clear()
      parent.state.held.clear()
    }
  }
}
