import type { WorkController } from '../worker/worker.ts'

/** What a worker shows when it starts: where it listens, how it works, what it can do. */
export function banner(worker: WorkController): string {
  const { app } = worker
  const queues = worker.queues.map(
    ({ name, exchange, routingKey }) =>
      `.> ${name} exchange=${exchange.name}(${exchange.type}) key=${routingKey}`,
  )
  const lines = [
    '',
    ` ${worker.hostname}`,
    '',
    ' [config]',
    ` .> app:         ${app.name}`,
    ` .> transport:   ${app.connection.asUri()}`,
    ` .> results:     ${maskPassword(app.conf.resultBackend)}`,
    ` .> concurrency: ${concurrencyOf(worker)} (${worker.poolName})`,
    '',
    ' [queues]',
    ...queues.map((queue) => ` ${queue}`),
    '',
    ' [tasks]',
    ...app.tasks.names.map((name) => ` . ${name}`),
    '',
  ]
  return `${lines.join('\n')}\n`
}

function concurrencyOf({ concurrency, autoscaleRange: range }: WorkController): string {
  return range ? `{min=${range.min}, max=${range.max}}` : String(concurrency)
}

const maskPassword = (url: string) => url.replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1:**@')
