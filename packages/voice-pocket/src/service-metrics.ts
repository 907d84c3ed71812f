import type { Celery, Logger } from '@voice-pocket/celery'
import type { Config } from './config.ts'
import type { MetricsSource } from './http/routes/metrics.ts'

/** Of what this process sends, the worker it has, if any, and the queues of the service. */
export async function metricsOf(app: Celery, config: Config, logger: Logger): Promise<MetricsSource> {
  const { WorkerMetrics } = await import('@voice-pocket/celery/metrics')
  const queues = [
    config.taskQueue,
    config.speechQueue,
    config.partsQueue,
    config.inputQueue,
    config.outputQueue,
    config.deadQueue,
  ]
  return new WorkerMetrics(app, { queues, logger }).install().register
}
