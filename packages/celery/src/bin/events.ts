import { Command, Option } from 'commander'
import type { Celery } from '../index.ts'
import { runCamera } from './camera.ts'
import { EventDumper } from './event-dumper.ts'
import { usageError } from './failure.ts'
import { createLogger, loglevelOption } from './log.ts'
import { Monitor } from './monitor/monitor.ts'
import { Terminal } from './monitor/terminal.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { rateLimit, seconds } from './option-values.ts'

interface Options extends GlobalOptions {
  readonly dump?: boolean
  readonly json?: boolean
  readonly camera?: string
  readonly frequency?: number
  /** The same. */
  readonly freq?: number
  /** Snapshots per second. */
  readonly maxrate?: number
  readonly loglevel: string
  readonly logfile?: string
}

/** `celery events`: what workers and clients say, on a live screen, as lines, or as snapshots of a camera. */
export function eventsCommand(): Command {
  return new Command('events')
    .description('Watch the tasks of a cluster on a live screen, or what is said of them line by line.')
    .option('-d, --dump', 'a line for each event, until SIGINT')
    .option('-j, --json', 'each event as it is on the wire')
    .option(
      '-c, --camera <module>',
      'take snapshots with the camera it exports (a class that extends Polaroid)',
    )
    .option('-F, --frequency <seconds>', 'between two snapshots (default: 1)', seconds)
    .addOption(new Option('--freq <seconds>').argParser(seconds).hideHelp())
    .option('-r, --maxrate <rate>', 'not more snapshots than that, such as 10/m', rateLimit)
    .addOption(loglevelOption())
    .option('-f, --logfile <path>', 'write the log of a camera to a file instead of stderr')
    .action((_options: unknown, command: Command) => watch(command.optsWithGlobals()))
}

async function watch(options: Options): Promise<void> {
  const isScreen = !options.dump && !options.json && options.camera === undefined
  if (isScreen && !(process.stdin.isTTY && process.stdout.isTTY))
    throw usageError(
      'The screen of `celery events` needs a terminal, and stdin or stdout is none. ' +
        'Give --dump for a line for each event, or --json for what is on the wire.',
    )
  await using app = (await openApp(options)).app
  if (isScreen) await showScreen(app)
  else if (options.camera !== undefined) await takeSnapshots(app, options.camera, options)
  else await dump(app, options)
}

async function showScreen(app: Celery): Promise<void> {
  const monitor = new Monitor(app, new Terminal(process.stdin, process.stdout))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => monitor.quit())
  await monitor.run()
}

async function takeSnapshots(app: Celery, path: string, options: Options): Promise<void> {
  const { maxrate, loglevel, logfile } = options
  const asked = options.frequency ?? options.freq ?? 1
  const freq = maxrate === undefined ? asked : Math.max(asked, 1 / maxrate)
  const logger = createLogger({ level: loglevel, file: logfile })
  if (!options.quiet) process.stdout.write(`-> evcam: Taking snapshots with ${path} (every ${freq} secs.)\n`)
  await runCamera(app, path, { freq, logger, signal: untilSignal() })
}

async function dump(app: Celery, { json = false, quiet = false }: Options): Promise<void> {
  const dumper = new EventDumper()
  await using receiver = app.events.receiver({
    onEvent: (event) => process.stdout.write(`${json ? JSON.stringify(event) : dumper.line(event)}\n`),
    onError: (error) => process.stderr.write(`-> ${error instanceof Error ? error.message : error}\n`),
  })
  if (!json && !quiet) process.stdout.write('-> evdump: starting capture...\n')
  await receiver.run({ signal: untilSignal() })
}

function untilSignal(): AbortSignal {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  return stopping.signal
}
