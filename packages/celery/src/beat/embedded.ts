import { StartStopStep, type StepClass } from '../bootsteps.ts'
import type { WorkController } from '../worker/worker.ts'
import { type BeatOptions, BeatService } from './service.ts'

/**
 * A worker's step that runs a beat inside it, as `celery worker -B` does. Of several workers that have one, one beat
 * leads. It starts when the worker consumes; what ends it ends only beat, and is logged.
 */
export function embeddedBeat(
  options: Omit<BeatOptions, 'embedded' | 'logger'> = {},
): StepClass<WorkController> {
  return class Beat extends StartStopStep<WorkController> {
    #service: BeatService | undefined

    override start({ app, logger }: WorkController): void {
      this.#service = new BeatService(app, { ...options, logger, embedded: true })
      this.#service.run().catch((error: unknown) => {
        logger.error({ err: error }, 'The embedded beat cannot go on; the worker does')
      })
    }

    override async stop(): Promise<void> {
      await this.#service?.stop()
    }
  }
}
