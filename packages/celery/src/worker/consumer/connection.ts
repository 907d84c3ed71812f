import { StartStopStep } from '../../bootsteps.ts'
import type { Consumer } from './consumer.ts'

/** The worker's own connection to the broker; every other step gets its channels from it. */
export class Connection extends StartStopStep<Consumer> {
  override async start(consumer: Consumer): Promise<void> {
    await consumer.connect()
  }

  override async stop(consumer: Consumer): Promise<void> {
    await consumer.disconnect()
  }
}
