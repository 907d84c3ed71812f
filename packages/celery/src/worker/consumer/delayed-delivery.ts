import { bindToDelayedDelivery, declareDelayedDelivery } from '../../app/delayed-delivery.ts'
import { StartStopStep } from '../../bootsteps.ts'
import type { Consumer } from './consumer.ts'
import { Tasks } from './tasks.ts'

/** Where quorum queues are in use, has RabbitMQ hold the tasks with an eta (native delayed delivery). */
export class DelayedDelivery extends StartStopStep<Consumer> {
  static override readonly requires = [Tasks]

  override includeIf(parent: Consumer): boolean {
    return parent.app.amqp.usesNativeDelayedDelivery
  }

  override async start(parent: Consumer): Promise<void> {
    const channel = await parent.channel()
    await declareDelayedDelivery(channel, parent.app.conf.brokerNativeDelayedDeliveryQueueType)
    for (const queue of parent.queues) {
      if (await bindToDelayedDelivery(channel, queue)) continue
      parent.logger.warn(
        `The queue ${queue.name} is on the direct exchange '${queue.exchange.name}', to which RabbitMQ cannot deliver ` +
          "delayed tasks: workers hold those with an eta. Give it a topic exchange ('taskDefaultExchangeType').",
      )
    }
    await channel.close()
  }
}
