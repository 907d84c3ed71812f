/** The `celery` command as a whole: its global options, and one file for each command beside this one. */
import { Command } from 'commander'
import { version } from '../version.ts'
import { amqpCommand } from './amqp/command.ts'
import { beatCommand } from './beat.ts'
import { callCommand } from './call.ts'
import { completionCommand } from './completion/command.ts'
import { controlCommand } from './control.ts'
import { deadLettersCommand } from './dead-letters.ts'
import { takeEnvironment } from './environment.ts'
import { eventsCommand } from './events.ts'
import { exporterCommand } from './exporter.ts'
import { graphCommand } from './graph.ts'
import { inspectCommand } from './inspect.ts'
import { leftOutCommands } from './left-out.ts'
import { listCommand } from './list.ts'
import type { GlobalOptions } from './open-app.ts'
import { modulePath } from './option-values.ts'
import { purgeCommand } from './purge.ts'
import { reportCommand } from './report.ts'
import { resultCommand } from './result.ts'
import { shellCommand } from './shell.ts'
import { statusCommand } from './status.ts'
import { workerCommand } from './worker.ts'

const ENVIRONMENT = `
The environment gives what the command line does not: CELERY_APP, CELERY_BROKER_URL, CELERY_RESULT_BACKEND,
CELERY_CONFIG_MODULE, and of each command its options, such as CELERY_WORKER_CONCURRENCY.`

/** Global options may stand before the name of a command and after it. */
export function createProgram(): Command {
  const program = new Command('celery')
    .description('Run and operate Celery workers.')
    .version(version, '--version', 'print the version')
    .option('-A, --app <module>', 'that exports the app, such as ./app.ts, or ./app.ts:name', modulePath)
    .option('-b, --broker <url>', 'broker URL, over the one in the settings')
    .option('--result-backend <url>', 'result backend URL, over the one in the settings')
    .option('--config <module>', 'that exports settings, over those of the app')
    .option('--workdir <folder>', 'go there first')
    .option('-C, --no-color', 'no colours; they are only for terminals anyway')
    .option('-q, --quiet', 'say only what was asked for')
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', ENVIRONMENT)
  for (const command of commands()) program.addCommand(command)
  program.hook('preAction', (_program, command) => {
    takeEnvironment(command, process.env)
    prepareProcess(command.optsWithGlobals())
  })
  answerMistakes(program)
  return program
}

function commands(): readonly Command[] {
  return [
    workerCommand(),
    beatCommand(),
    eventsCommand(),
    exporterCommand(),
    inspectCommand(),
    controlCommand(),
    statusCommand(),
    callCommand(),
    resultCommand(),
    purgeCommand(),
    deadLettersCommand(),
    listCommand(),
    reportCommand(),
    graphCommand(),
    shellCommand(),
    amqpCommand(),
    completionCommand(),
    ...leftOutCommands(),
  ]
}

/** Who looks for colours looks at the environment, the children of a pool as well. */
function prepareProcess({ workdir, color }: GlobalOptions): void {
  if (workdir !== undefined) process.chdir(workdir)
  if (color !== false) return
  process.env.NO_COLOR = '1'
  delete process.env.FORCE_COLOR
}

/** In Click's words, and with its exit codes, which `endingOf` gives. */
function answerMistakes(command: Command, path = command.name()): void {
  command
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')) })
    .showHelpAfterError(`Try '${path} --help' for help.`)
  for (const below of command.commands) answerMistakes(below, `${path} ${below.name()}`)
}
