import { StartStopStep } from '../bootsteps.ts'
import type { MetricsServer } from '../metrics/index.ts'
import { PoolStep } from './components.ts'
import type { WorkController } from './worker.ts'

/**
 * Answers Prometheus, where `workerMetricsPort` says at which port: before the first task comes, and until the last one
 * has ended. Otherwise nothing of it is loaded.
 */
export class MetricsStep extends StartStopStep<WorkController> {
  static override readonly precedes = [PoolStep]
  #server: MetricsServer | undefined
  #ends: readonly (() => void)[] = []

  override includeIf({ app }: WorkController): boolean {
    return app.conf.workerMetricsPort > 0
  }

  override async start(worker: WorkController): Promise<void> {
    const { app, logger } = worker
    const { workerMetricsHost: host, workerMetricsPort: port } = app.conf
    const { MetricsServer, WorkerMetrics } = await import('../metrics/index.ts')
    const metrics = new WorkerMetrics(app, { logger })
    metrics.addProcess()
    this.#ends = [metrics.watch(worker), metrics.countSent()]
    this.#server = new MetricsServer({ register: metrics.register, host, port })
    logger.info(`Metrics are at ${await this.#server.start()}`)
  }

  override async stop(): Promise<void> {
    for (const end of this.#ends) end()
    await this.#server?.stop()
  }
}
