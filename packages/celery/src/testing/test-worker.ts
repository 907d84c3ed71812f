import type { Celery } from '../app/celery.ts'
import type { SignalledTask } from '../signals.ts'
import type { WorkController, WorkerOptions } from '../worker/worker.ts'

/** How a task ended in a worker. */
export interface Ended {
  readonly task: SignalledTask
  readonly state: 'SUCCESS' | 'FAILURE' | 'REVOKED'
  /** What it threw, if it failed. */
  readonly exception?: Error
}

/**
 * A worker inside a test: started when you have it, stopped when its scope ends (`await using`), and able to tell
 * when a task has ended, so that no test has to sleep.
 */
export class TestWorker {
  readonly worker: WorkController
  readonly #ended: Ended[] = []
  readonly #listeners = new Set<(ended: Ended) => void>()
  readonly #disconnect: readonly (() => void)[]

  /** In the pool `async` unless told: tasks run in the test's own process, where it can see what they do. */
  static async start(app: Celery, options: WorkerOptions = {}): Promise<TestWorker> {
    const test = new TestWorker(app, await app.worker({ pool: 'async', concurrency: 4, ...options }))
    try {
      await test.worker.start()
    } catch (error) {
      test.#letGo()
      throw error
    }
    return test
  }

  private constructor({ signals }: Celery, worker: WorkController) {
    this.worker = worker
    this.#disconnect = [
      signals.taskSuccess.connect(({ task }) => this.#note({ task, state: 'SUCCESS' })),
      signals.taskFailure.connect(({ task, exception }) => this.#note({ task, state: 'FAILURE', exception })),
      signals.taskRevoked.connect(({ task }) => this.#note({ task, state: 'REVOKED' })),
    ]
  }

  /** Every task that has ended so far, in order. */
  get ended(): readonly Ended[] {
    return this.#ended
  }

  /** Resolves when a task has ended (also if it had before): the one with this id, or the first that fits. */
  async waitFor(which: string | ((ended: Ended) => boolean)): Promise<Ended> {
    const fits = typeof which === 'string' ? ({ task }: Ended) => task.id === which : which
    const before = this.#ended.find(fits)
    if (before) return before
    const { promise, resolve } = Promise.withResolvers<Ended>()
    const listener = (ended: Ended) => fits(ended) && resolve(ended)
    this.#listeners.add(listener)
    try {
      return await promise
    } finally {
      this.#listeners.delete(listener)
    }
  }

  /** Resolves when it has no task in its hands; there may be more in the queue. */
  idle(): Promise<void> {
    return this.worker.state.idle()
  }

  /** Finishes what runs. Twice is fine. */
  async stop(): Promise<void> {
    await this.worker.stop()
    this.#letGo()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #note(ended: Ended): void {
    this.#ended.push(ended)
    for (const listener of this.#listeners) listener(ended)
  }

  #letGo(): void {
    for (const disconnect of this.#disconnect) disconnect()
  }
}
