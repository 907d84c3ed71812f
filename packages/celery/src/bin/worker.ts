import { Command, Option } from 'commander'
import type { LooseSettings } from '../app/settings.ts'
import type { PoolName } from '../concurrency/index.ts'
import { nodeName } from '../node-names.ts'
import { banner } from './banner.ts'
import { createLogger, LOG_LEVELS } from './log.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { names, seconds, wholeNumber } from './option-values.ts'
import { runUntilSignal } from './shutdown.ts'

interface Options {
  readonly concurrency?: number
  readonly pool?: PoolName
  readonly queues?: readonly string[]
  readonly hostname?: string
  readonly prefetchMultiplier?: number
  readonly timeLimit?: number
  readonly softTimeLimit?: number
  readonly maxTasksPerChild?: number
  readonly maxMemoryPerChild?: number
  readonly taskEvents?: boolean
  readonly withoutGossip?: boolean
  readonly withoutMingle?: boolean
  readonly withoutHeartbeat?: boolean
  readonly heartbeatInterval?: number
  readonly loglevel: string
  readonly logfile?: string
}

const PRESENCE = [
  'taskEvents',
  'withoutGossip',
  'withoutMingle',
  'withoutHeartbeat',
  'heartbeatInterval',
] as const

/** `celery worker`: the options are Celery's (https://docs.celeryq.dev/en/stable/reference/cli.html#celery-worker). */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Start a worker.')
    .option(
      '-c, --concurrency <number>',
      'how many tasks run at once (default: one per processor)',
      wholeNumber,
    )
    .addOption(
      new Option('-P, --pool <name>', 'where tasks run').choices(['prefork', 'threads', 'async', 'solo']),
    )
    .option('-Q, --queues <names>', 'queues to consume from, separated by commas', names)
    .option('-n, --hostname <name>', 'node name, such as w1@%h (%h: host, %n: name, %d: domain)')
    .option('--prefetch-multiplier <number>', 'messages taken in advance per slot', wholeNumber)
    .option('--time-limit <seconds>', 'end a task that runs longer, and its child or thread', seconds)
    .option('--soft-time-limit <seconds>', 'have request.signal of a task that runs longer abort', seconds)
    .option('--max-tasks-per-child <number>', 'replace a child or thread after so many tasks', wholeNumber)
    .option(
      '--max-memory-per-child <KiB>',
      'replace a child or thread that uses more memory, after its task',
      wholeNumber,
    )
    .option('-E, --task-events', 'send events of tasks, for monitors')
    .option('--without-gossip', 'do not heed what other workers say of themselves')
    .option('--without-mingle', 'do not ask other workers at start what was revoked')
    .option('--without-heartbeat', 'do not tell others that this worker is there')
    .option('--heartbeat-interval <seconds>', 'seconds between two heartbeats', seconds)
    .addOption(new Option('-l, --loglevel <level>', 'what to log').choices(LOG_LEVELS).default('warning'))
    .option('-f, --logfile <path>', 'write the log to a file instead of stderr')
    .action((_options: Options, command: Command) => work(command.optsWithGlobals<GlobalOptions & Options>()))
}

async function work(options: GlobalOptions & Options): Promise<void> {
  const opened = await openApp(options, settingsOf(options))
  const { settings, appModule } = opened
  await using app = opened.app
  const logger = createLogger({ level: options.loglevel, file: options.logfile })
  await using worker = await app.worker({
    ...pick(options, ['concurrency', 'pool', 'queues', 'prefetchMultiplier']),
    ...pick(options, PRESENCE),
    ...(options.hostname && { hostname: nodeName(options.hostname) }),
    appModule,
    settings,
    logger,
  })
  const shutdown = runUntilSignal(worker, logger) // first, so that who sees the banner can stop it already
  if (!options.quiet) process.stdout.write(banner(worker))
  const how = await shutdown
  await app.close()
  // What tasks keep open (a client of their own), or what still runs of those that were given up, would keep this
  // process alive. Celery, too, ends with 1 after a cold shutdown.
  process.exit(how === 'warm' ? 0 : 1)
}

function settingsOf(options: Options): LooseSettings {
  const settings = {
    taskTimeLimit: options.timeLimit,
    taskSoftTimeLimit: options.softTimeLimit,
    workerMaxTasksPerChild: options.maxTasksPerChild,
    workerMaxMemoryPerChild: options.maxMemoryPerChild,
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]),
  ) as Pick<T, K>
}
