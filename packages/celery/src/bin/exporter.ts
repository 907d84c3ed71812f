import { Command } from 'commander'
import type { Celery, Logger } from '../index.ts'
import { createLogger, jsonLogOption } from './log.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { names, wholeNumber } from './option-values.ts'

/** As celery-exporter has it. */
const DEFAULT_PORT = 9808

interface Options extends GlobalOptions {
  readonly port: number
  readonly host: string
  readonly queues?: readonly string[]
  readonly enableEvents?: boolean
  readonly json?: boolean
}

/** `celery exporter`: Prometheus metrics of all workers of a cluster, by the events that they send. */
export function exporterCommand(): Command {
  return new Command('exporter')
    .description('Tell Prometheus of all workers, those of Python as well, by their events, until SIGINT.')
    .option('--port <number>', 'where it answers GET /metrics', wholeNumber, DEFAULT_PORT)
    .option('--host <address>', 'address it listens on', '127.0.0.1')
    .option('-Q, --queues <names>', 'queues to tell the length of (default: the configured ones)', names)
    .option('-E, --enable-events', 'have workers send events of tasks that do not yet')
    .addOption(jsonLogOption())
    .action((_options: unknown, command: Command) => runExporter(command.optsWithGlobals()))
}

async function runExporter(options: Options): Promise<void> {
  const { host, port, queues, enableEvents = false, quiet = false, json = false } = options
  await using app = (await openApp(options)).app
  const { ClusterMetrics, EventEnabler, MetricsServer } = await import('../metrics/index.ts')
  const logger = createLogger({ level: 'warning', json })
  const metrics = new ClusterMetrics(app, { logger, ...(queues && { queues }) })
  const enabler = new EventEnabler((nodeName) => void askForEvents(app, nodeName, logger))
  await using receiver = app.events.receiver({
    onEvent(event) {
      metrics.event(event)
      if (enableEvents) enabler.hear(event)
    },
    onError: (error) => logger.warn({ err: error }, 'Something was no event, or the connection was lost'),
  })
  await using server = new MetricsServer({ register: metrics.register, host, port })
  const address = await server.start()
  if (!quiet && !json) process.stdout.write(`-> exporter: metrics of the cluster are at ${address}\n`)
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  await receiver.run({ signal: stopping.signal })
}

/** Never rejects. */
async function askForEvents(app: Celery, nodeName: string, logger: Logger): Promise<void> {
  try {
    await app.control.enableEvents({ destination: [nodeName] })
  } catch (error) {
    logger.warn({ err: error }, `${nodeName} could not be asked for events of its tasks`)
  }
}
