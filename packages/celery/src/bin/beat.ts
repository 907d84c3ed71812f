import { Command } from 'commander'
import { humanSeconds } from '../beat/schedule.ts'
import { BeatService } from '../beat/service.ts'
import { version } from '../version.ts'
import { leftOutOption } from './left-out.ts'
import { jsonLogOption, loglevelOption } from './log.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { seconds } from './option-values.ts'
import { PidFile } from './pid-file.ts'
import { setUpLogging } from './set-up-logging.ts'

interface Options {
  readonly schedule?: string
  readonly scheduler?: string
  readonly maxInterval?: number
  readonly pidfile?: string
  readonly loglevel: string
  readonly logfile?: string
  readonly json?: boolean
}

/** Celery's options that are not here, and what does their work. */
const LEFT_OUT: readonly (readonly [flags: string, instead: string])[] = [
  ['--detach', 'Have a service manager run it in the background: systemd, or a container.'],
  ['--uid <user>', "Have the service manager start it as that user, such as systemd's User=."],
  ['--gid <group>', "Have the service manager start it in that group, such as systemd's Group=."],
  ['--umask <octal>', "Have the service manager set it, such as systemd's UMask=."],
  ['--executable <path>', 'It is the Python that --detach starts. Start beat with the Node you want.'],
]

/** `celery beat`: the options are Celery's (https://docs.celeryq.dev/en/stable/reference/cli.html#celery-beat). */
export function beatCommand(): Command {
  const command = new Command('beat')
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
    .addOption(loglevelOption())
    .option('-f, --logfile <path>', 'write the log to a file instead of stderr')
    .addOption(jsonLogOption())
    .action(async (_options: Options, command: Command) => {
      await beat(command.optsWithGlobals<GlobalOptions & Options>())
      process.exit(0) // what the app's module keeps open (a client of its own) would keep this process alive
    })
  for (const [flags, instead] of LEFT_OUT) command.addOption(leftOutOption(flags, instead))
  return command
}

async function beat(options: GlobalOptions & Options): Promise<void> {
  await using app = (await openApp(options)).app
  await using service = new BeatService(app, {
    ...(options.schedule && { scheduleFilename: options.schedule }),
    ...(options.scheduler && { scheduler: options.scheduler }),
    ...(options.maxInterval && { maxInterval: options.maxInterval }),
    logger: await setUpLogging(app, options, options.logfile),
  })
  await using _pidFile = await PidFile.create(options.pidfile)
  const stop = () => void service.stop()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  if (!options.quiet && !options.json) process.stdout.write(banner(service, options))
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
