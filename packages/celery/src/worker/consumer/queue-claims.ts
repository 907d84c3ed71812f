import { ImproperlyConfigured } from '../../exceptions.ts'

/**
 * Which queues the program's own steps take messages from. A queue that tasks are taken from as well would give each
 * of its messages to one of the two, by chance: that is an error, whichever of them comes first.
 */
export class QueueClaims {
  /** By the name of the step; a step that is made anew claims anew. */
  readonly #claims = new Map<string, readonly string[]>()

  /** @throws ImproperlyConfigured when one is a task queue */
  claim(step: string, queues: readonly string[], isTaskQueue: (queue: string) => boolean): void {
    const taken = queues.find((queue) => isTaskQueue(queue))
    if (taken !== undefined) throw claimedTwice(taken, step)
    this.#claims.set(step, queues)
  }

  /** @throws ImproperlyConfigured when a step takes messages from it */
  assertFree(queue: string): void {
    for (const [step, queues] of this.#claims) if (queues.includes(queue)) throw claimedTwice(queue, step)
  }
}

function claimedTwice(queue: string, step: string): ImproperlyConfigured {
  return new ImproperlyConfigured(
    `The queue '${queue}' would be both a task queue of this worker (taskQueues, -Q, add_consumer) and one of the step ${step}: each message would go to one of them by chance. Take it out of the task queues, or give the step another queue.`,
  )
}
