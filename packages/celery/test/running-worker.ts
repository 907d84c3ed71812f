import assert from 'node:assert/strict'
import { hasChildren } from '../src/concurrency/index.ts'
import type { Celery, WorkController, WorkerOptions } from '../src/index.ts'
import { RecordingLogger } from './recording-logger.ts'
import { within } from './within.ts'

/** Where a task waits until its test lets it go on. */
export class Gate {
  readonly #entered = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<void>()
  /** How many came here. */
  passed = 0

  /** Resolves when the first one is here. */
  get entered(): Promise<void> {
    return within(this.#entered.promise, () => 'no task came to the gate')
  }

  async pass(): Promise<void> {
    this.passed += 1
    this.#entered.resolve()
    await this.#opened.promise
  }

  open(): void {
    this.#opened.resolve()
  }
}

/** A started worker of a test, with its log. Ended with its scope; what it leaves behind fails the test. */
export class RunningWorker {
  readonly worker: WorkController
  readonly logger: RecordingLogger

  static async start(app: Celery, options: WorkerOptions = {}): Promise<RunningWorker> {
    const logger = new RecordingLogger()
    const worker = await app.worker({ concurrency: 2, logger, ...options })
    await worker.start()
    return new RunningWorker(worker, logger)
  }

  private constructor(worker: WorkController, logger: RecordingLogger) {
    this.worker = worker
    this.logger = logger
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate()
    assert.equal(this.worker.state.reserved.size, 0, 'the worker still has tasks')
    assert.equal(this.worker.consumer.parts.timer.size, 0, 'the worker still holds tasks')
    if (hasChildren(this.worker.poolName))
      assert.deepEqual(this.worker.pool.info.processes, [], 'the worker still has children')
  }
}
