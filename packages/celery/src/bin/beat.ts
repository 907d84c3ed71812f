import { Command, Option } from 'commander'
import { humanSeconds } from '../beat/schedule.ts'
import { BeatService } from '../beat/service.ts'
import { version } from '../version.ts'
import { usageError } from './failure.ts'
import { createLogger, LOG_LEVELS } from './log.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { seconds } from './option-values.ts'
import { PidFile } from './pid-file.ts'

interface Options {
  readonly schedule?: string
  readonly scheduler?: string
  readonly maxInterval?: number
  readonly pidfile?: string
  readonly detach?: boolean
  readonly loglevel: string
  readonly logfile?: string
}

/** `celery beat`: the options are Celery's (https://docs.celeryq.dev/en/stable/reference/cli.html#celery-beat). */
export function beatCommand(): Command {
  return new Command('beat')
    .description('Start the beat periodic task scheduler.')
    .option('-s, --schedule <path>', 'SQLite file of the schedule; then beats on other machines do not count')
    .option('-S, --scheduler <class>', 'scheduler class to use, such as ./scheduler.ts:Mine')
    .option(
      '--max-interval <seconds>',
      'how long to sleep at most between two looks at the schedule',
      seconds,
    )
    .option(
      '--pidfile <path>',
      'write the id of this process there; it does not start while another one runs',
    )
    .addOption(new Option('--detach').hideHelp())
    .addOption(new Option('-l, --loglevel <level>', 'what to log').choices(LOG_LEVELS).default('warning'))
    .option('-f, --logfile <path>', 'write the log to a file instead of stderr')
    .action((_options: Options, command: Command) => beat(command.optsWithGlobals<GlobalOptions & Options>()))
}

async function beat(options: GlobalOptions & Options): Promise<void> {
  if (options.detach)
    throw usageError(
      'There is no --detach here: start beat as a service of systemd, or in a container, which keep its log and start it again.',
    )
  await using app = (await openApp(options)).app
  await using service = new BeatService(app, {
    ...(options.schedule && { scheduleFilename: options.schedule }),
    ...(options.scheduler && { scheduler: options.scheduler }),
    ...(options.maxInterval && { maxInterval: options.maxInterval }),
    logger: createLogger({ level: options.loglevel, file: options.logfile }),
  })
  await using _pidFile = await PidFile.create(options.pidfile)
  const stop = () => void service.stop()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  if (!options.quiet) process.stdout.write(banner(service, options))
  await service.run()
}

/** Celery's own, line by line. */
function banner({ app, store, maxInterval }: BeatService, options: Options): string {
  const { scheduler = app.conf.beatScheduler, logfile = '[stderr]', loglevel } = options
  const named = typeof scheduler === 'function' ? scheduler.name : scheduler
  return [
    `celery beat v${version} is starting.`,
    '__    -    ... __   -        _',
    `LocalTime -> ${localTime(new Date())}`,
    'Configuration ->',
    `    . broker -> ${app.connection.asUri()}`,
    `    . scheduler -> ${named || 'celery.beat.PersistentScheduler'}`,
    `    . db -> ${store.info}`,
    `    . timezone -> ${app.conf.timezone}`,
    `    . logfile -> ${logfile}@%${loglevel.toUpperCase()}`,
    `    . maxinterval -> ${humanSeconds(maxInterval)} (${maxInterval}s)`,
    '',
  ].join('\n')
}

function localTime(now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ')
}
