export { ClusterMetrics } from './cluster-metrics.ts'
export { EventEnabler } from './event-enabler.ts'
export { MetricsServer, type MetricsServerOptions } from './server.ts'
export { WorkerMetrics, type WorkerMetricsOptions } from './worker-metrics.ts'
