import { once } from 'node:events'
import { Command } from 'commander'
import { importModules } from '../app/import-modules.ts'
import * as celery from '../index.ts'
import { type GlobalOptions, openApp } from './open-app.ts'

interface Options extends GlobalOptions {
  readonly withoutTasks?: boolean
}

/** `celery shell`: Node's REPL with the app at hand. `await add.delay(2, 3)` works there. */
export function shellCommand(): Command {
  return new Command('shell')
    .description('Start a shell that has the app, its tasks, chain, group, chord and signature at hand.')
    .option('-T, --without-tasks', 'do not add the tasks by their short names')
    .action((_options: unknown, command: Command) => run(command.optsWithGlobals()))
}

async function run({ withoutTasks = false, ...options }: Options): Promise<void> {
  await using app = (await openApp(options)).app
  await importModules(app)
  const { start } = await import('node:repl') // it brings domains, with which all events of a process take longer
  const { chain, chord, group } = celery
  const signature = app.signature.bind(app)
  const shell = start({ prompt: `${app.name}> `, useColors: options.color !== false && process.stdout.isTTY })
  Object.assign(shell.context, withoutTasks ? {} : tasksOf(app))
  Object.assign(shell.context, { app, celery, tasks: app.tasks, chain, chord, group, signature })
  await once(shell, 'exit')
}

/** By the last part of their names, where that can be a name here; Celery's own are left out. */
function tasksOf(app: celery.Celery): Readonly<Record<string, unknown>> {
  const names = app.tasks.names.filter((name) => !name.startsWith('celery.'))
  const short = names.map((name) => [name.slice(name.lastIndexOf('.') + 1), app.tasks.get(name)] as const)
  return Object.fromEntries(short.filter(([name]) => /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name)))
}
