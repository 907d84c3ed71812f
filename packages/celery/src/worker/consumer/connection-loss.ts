/** What a lost connection is to the tasks that run, and to how much is taken afterwards. */
import type { Settings } from '../../app/defaults.ts'
import type { Logger } from '../../logger.ts'
import type { WorkerState } from '../state.ts'

/** Ends the tasks whose messages the broker gives out again, where `workerCancelLongRunningTasksOnConnectionLoss` wants it. */
export function giveUpLateTasks({ active }: WorkerState, conf: Settings): void {
  if (!conf.workerCancelLongRunningTasksOnConnectionLoss) return
  for (const request of [...active]) if (request.acksLate && !request.acknowledged) request.giveUp()
}

/**
 * Less is taken in advance after a connection was lost while tasks ran, and a slot's worth more with each task that
 * has ended, until it is as much as before (`workerEnablePrefetchCountReduction`).
 */
export class PrefetchReduction {
  #missing = 0

  /** How many messages less than usual. */
  get value(): number {
    return this.#missing
  }

  /** @param active tasks that run @param most messages usually @param step messages of one slot */
  lose(active: number, most: number, step: number, logger: Logger): void {
    this.#missing = Math.max(0, Math.min(active * step, most - step))
    if (this.#missing === 0) return
    logger.info(
      `Temporarily reducing the prefetch count to ${most - this.#missing} to avoid over-fetching since ` +
        `${active} tasks are currently being processed. It is restored as they complete.`,
    )
  }

  /** A task has ended. False when there was nothing to restore. */
  restore(step: number): boolean {
    if (this.#missing === 0) return false
    this.#missing = Math.max(0, this.#missing - step)
    return true
  }
}
