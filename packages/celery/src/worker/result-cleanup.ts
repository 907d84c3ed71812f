import { StartStopStep } from '../bootsteps.ts'
import type { WorkController } from './worker.ts'

/** A day: as often as Celery's beat sends `celery.backend_cleanup`. */
const PERIOD_MS = 86_400_000

type Parent = Pick<WorkController, 'logger'> & {
  readonly app: Pick<WorkController['app'], 'backend'> & {
    readonly conf: Pick<WorkController['app']['conf'], 'resultExpires'>
  }
}

/**
 * Removes expired results where the store does not do so by itself, also in programs that have no beat: once when
 * the worker has started, and then once a day. It waits for nobody and fails nothing: the next day comes.
 */
export class ResultCleanup extends StartStopStep<Parent> {
  #timer: NodeJS.Timeout | undefined
  #running = Promise.resolve()

  override includeIf({ app }: Parent): boolean {
    return app.conf.resultExpires > 0
  }

  override start(worker: Parent): void {
    const run = () => {
      this.#running = this.#running.then(() => cleanUp(worker))
    }
    run()
    this.#timer = setInterval(run, PERIOD_MS)
    this.#timer.unref()
  }

  override async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }
}

async function cleanUp({ app, logger }: Parent): Promise<void> {
  try {
    const backend = await app.backend()
    const removed = await backend.cleanup()
    if (removed > 0) logger.info(`Removed ${removed} expired results`)
  } catch (error) {
    logger.warn({ err: error }, 'Expired results could not be removed; the next try is tomorrow')
  }
}
