#!/usr/bin/env node
import { KombuError } from '@voice-pocket/kombu'
/** The `celery` command: its global options, and one file for each command beside this one. */
import { Command, InvalidArgumentError } from 'commander'
import { CeleryError } from '../exceptions.ts'
import { callCommand } from './call.ts'
import { controlCommand } from './control.ts'
import { deadLettersCommand } from './dead-letters.ts'
import { eventsCommand } from './events.ts'
import { CommandFailed } from './failure.ts'
import { inspectCommand } from './inspect.ts'
import { purgeCommand } from './purge.ts'
import { resultCommand } from './result.ts'
import { statusCommand } from './status.ts'
import { workerCommand } from './worker.ts'

const program = new Command('celery')
  .description('Run and operate Celery workers.')
  .requiredOption('-A, --app <module>', 'module that exports the app, such as ./app.ts', modulePath)
  .option('-b, --broker <url>', 'broker URL, over the one in the settings')
  .option('--result-backend <url>', 'result backend URL, over the one in the settings')
  .showHelpAfterError()
  .addCommand(workerCommand())
  .addCommand(eventsCommand())
  .addCommand(inspectCommand())
  .addCommand(controlCommand())
  .addCommand(statusCommand())
  .addCommand(callCommand())
  .addCommand(resultCommand())
  .addCommand(purgeCommand())
  .addCommand(deadLettersCommand())

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommandFailed) {
    console.error(`Error: ${error.message}`)
    process.exit(error.exitCode)
  }
  const isExplained = error instanceof CeleryError || error instanceof KombuError
  console.error(isExplained ? `celery: ${error.message}` : error)
  process.exitCode = 1
}

function modulePath(value: string): string {
  if (/\.[cm]?[jt]s$/.test(value)) return value
  throw new InvalidArgumentError('Give the path of a file, such as ./app.ts or dist/app.js.')
}
