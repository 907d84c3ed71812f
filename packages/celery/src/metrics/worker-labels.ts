/**
 * How a worker is called in the labels of its series: `hostname` is its host, as celery-exporter has it, and `worker`
 * its node name, `name@host`.
 */
export function workerLabels(nodeName: string) {
  return { hostname: nodeName.slice(nodeName.indexOf('@') + 1), worker: nodeName }
}
