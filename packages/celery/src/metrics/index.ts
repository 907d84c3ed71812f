export { ClusterMetrics } from './cluster-metrics.ts'
export { MetricsServer, type MetricsServerOptions } from './server.ts'
export { WorkerMetrics, type WorkerMetricsOptions } from './worker-metrics.ts'
