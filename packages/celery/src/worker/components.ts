/** The worker's own steps, in boot order: pool, then consumer. */
import { StartStopStep } from '../bootsteps.ts'
import type { WorkController } from './worker.ts'

/** Where tasks run; it must be there before the first message. */
export class PoolStep extends StartStopStep<WorkController> {
  override async start(worker: WorkController): Promise<void> {
    await worker.pool.start()
  }

  override async stop(worker: WorkController): Promise<void> {
    await worker.pool.stop()
  }

  override async terminate(worker: WorkController): Promise<void> {
    await worker.pool.terminate()
  }
}

export class ConsumerStart extends StartStopStep<WorkController> {
  static override readonly requires = [PoolStep]

  override async start(worker: WorkController): Promise<void> {
    await worker.startConsumer()
  }

  override async stop(worker: WorkController): Promise<void> {
    await worker.consumer.stop()
  }

  /** The pool before the consumer: what it gives up must still find its channel, to be handed back. */
  override async terminate(worker: WorkController): Promise<void> {
    try {
      await worker.consumer.quiet()
    } finally {
      await worker.pool.terminate()
      await worker.consumer.stop()
    }
  }
}
