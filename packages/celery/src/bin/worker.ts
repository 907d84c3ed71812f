import type { Command } from 'commander'
import type { LooseSettings } from '../app/settings.ts'
import { embeddedBeat } from '../beat/embedded.ts'
import type { BeatOptions } from '../beat/service.ts'
import type { Celery, WorkController } from '../index.ts'
import { defaultNodeName, expandNodeName, nodeName } from '../node-names.ts'
import { banner } from './banner.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { PidFile } from './pid-file.ts'
import { setUpLogging } from './set-up-logging.ts'
import { runUntilSignal } from './shutdown.ts'
import { type WorkerCommandOptions, workerOptions } from './worker-options.ts'

type Options = GlobalOptions & WorkerCommandOptions

/** What goes to the worker as it was given. */
const WORKER_OPTIONS = [
  'concurrency',
  'pool',
  'autoscale',
  'queues',
  'excludeQueues',
  'include',
  'prefetchMultiplier',
  'withoutGossip',
  'withoutMingle',
  'withoutHeartbeat',
  'heartbeatInterval',
] as const

export function workerCommand(): Command {
  return workerOptions().action((_options: WorkerCommandOptions, command: Command) =>
    work(command.optsWithGlobals<Options>()),
  )
}

async function work(options: Options): Promise<void> {
  if (options.umask !== undefined) process.umask(options.umask)
  const opened = await openApp(options, settingsOf(options))
  await using app = opened.app
  const hostname = options.hostname ? nodeName(options.hostname) : defaultNodeName()
  const logger = await setUpLogging(app, options, expanded(options.logfile, hostname))
  if (options.beat) app.steps.worker.add(embeddedBeat(beatOptions(options)))
  await using worker = await app.worker({
    ...pick(options, WORKER_OPTIONS),
    ...((options.taskEvents || options.events) && { taskEvents: true }),
    ...(options.statedb && { stateDb: options.statedb }),
    hostname,
    appModule: opened.appModule,
    settings: opened.settings,
    logger,
  })
  await using _pidFile = await PidFile.create(expanded(options.pidfile, hostname))
  const exitCode = await run(app, worker, options, logger)
  await app.close()
  await _pidFile.remove()
  // What tasks keep open (a client of their own), or what still runs of those that were given up, would keep this
  // process alive.
  process.exit(exitCode)
}

async function run(
  app: Celery,
  worker: WorkController,
  { purge, discard, quiet, json }: Options,
  logger: WorkController['logger'],
): Promise<number> {
  const say = (line: string) => (json ? logger.info(line.trim()) : void process.stdout.write(`${line}\n`))
  if (purge || discard) {
    const count = await app.control.purge(worker.queues.map(({ name }) => name))
    if (count > 0) say(`purge: Erased ${count} ${count === 1 ? 'message' : 'messages'} from the queue.\n`)
  }
  const ended = runUntilSignal(worker, logger, { env: process.env, say }) // first, so that who sees the banner can stop it already
  if (!quiet && !json) process.stdout.write(banner(worker))
  return ended
}

const expanded = (path: string | undefined, hostname: string) =>
  path === undefined ? undefined : expandNodeName(path, hostname)

function beatOptions({ schedule, scheduleFilename = schedule, scheduler }: Options): BeatOptions {
  return { ...(scheduleFilename && { scheduleFilename }), ...(scheduler && { scheduler }) }
}

function settingsOf(options: WorkerCommandOptions): LooseSettings {
  const settings = {
    taskTimeLimit: options.timeLimit,
    taskSoftTimeLimit: options.softTimeLimit,
    workerMaxTasksPerChild: options.maxTasksPerChild,
    workerMaxMemoryPerChild: options.maxMemoryPerChild,
    workerMetricsPort: options.metricsPort,
    workerMetricsHost: options.metricsHost,
    workerDisablePrefetch: options.disablePrefetch,
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]),
  ) as Pick<T, K>
}
