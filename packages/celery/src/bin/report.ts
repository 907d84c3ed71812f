import { Command } from 'commander'
import { bugReport, report } from '../app/bug-report.ts'
import { importModules } from '../app/import-modules.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { print } from './replies.ts'

interface Options extends GlobalOptions {
  readonly json?: boolean
}

/** `celery report`: what belongs into a bug report; never secrets. */
export function reportCommand(): Command {
  return new Command('report')
    .description('Show information useful to include in bug reports. Passwords are masked.')
    .option('-j, --json', 'write JSON')
    .action((_options: unknown, command: Command) => show(command.optsWithGlobals()))
}

async function show({ json = false, ...options }: Options): Promise<void> {
  await using app = (await openApp(options)).app
  await importModules(app)
  print(json ? JSON.stringify(report(app)) : bugReport(app))
}
