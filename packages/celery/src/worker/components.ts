/** The worker's own steps, in boot order: pool, its size, what it remembers, consumer. */
import { StartStopStep } from '../bootsteps.ts'
import type { StateDb } from './state-db.ts'
import type { WorkController } from './worker.ts'

/** Where tasks run; it must be there before the first message. */
export class PoolStep extends StartStopStep<WorkController> {
  /** As long as the tasks that run. */
  override readonly stopsWithinMs = Number.POSITIVE_INFINITY

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

/** Remembers over a restart what was revoked, where `workerStateDb` says in which file. */
export class StateDbStep extends StartStopStep<WorkController> {
  #database: StateDb | undefined

  override includeIf(worker: WorkController): boolean {
    return worker.stateDb !== undefined
  }

  override async start({ app, state, logger, stateDb = '' }: WorkController): Promise<void> {
    const { StateDb } = await import('./state-db.ts') // only who wants it needs SQLite
    const { limits } = state.revoked
    this.#database = new StateDb(stateDb, { limits, clock: app.clock, logger })
    this.#database.load(state.revoked)
  }

  override stop({ state }: WorkController): void {
    this.#database?.close(state.revoked)
  }
}

/** Lets the size of the pool follow the demand, where `autoscale` says between which bounds. */
export class AutoscalerStep extends StartStopStep<WorkController> {
  static override readonly requires = [PoolStep]
  #timer: NodeJS.Timeout | undefined
  #stopListening: () => void = () => {}

  override includeIf(worker: WorkController): boolean {
    return worker.autoscaler !== undefined
  }

  override start({ autoscaler, state, autoscaleKeepaliveMs }: WorkController): void {
    const scale = () => autoscaler?.maybeScale()
    this.#stopListening = state.onReserved(scale)
    this.#timer = setInterval(scale, autoscaleKeepaliveMs)
    this.#timer.unref()
  }

  override stop(): void {
    this.#stopListening()
    clearInterval(this.#timer)
  }
}

export class ConsumerStart extends StartStopStep<WorkController> {
  static override readonly requires = [PoolStep, StateDbStep, AutoscalerStep]
  /** As long as the tasks that run. */
  override readonly stopsWithinMs = Number.POSITIVE_INFINITY

  override async start(worker: WorkController): Promise<void> {
    await worker.startConsumer()
  }

  override async stop(worker: WorkController): Promise<void> {
    await worker.consumer.stop()
  }

  /** The pool before the consumer: what it gives up must still find its channel, to be handed back. */
  override async terminate(worker: WorkController): Promise<void> {
    try {
      worker.consumer.giveUp()
      await worker.consumer.quiet()
    } finally {
      await worker.pool.terminate()
      await worker.consumer.stop()
    }
  }
}
