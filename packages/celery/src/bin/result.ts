import { Command } from 'commander'
import { str } from '../app/python-repr.ts'
import type { Celery } from '../index.ts'
import { CommandFailed } from './failure.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { seconds } from './option-values.ts'
import { print } from './replies.ts'

interface Options extends GlobalOptions {
  readonly task?: string
  readonly traceback?: boolean
  readonly timeout?: number
  readonly json?: boolean
}

/** `celery result`: waits for a task and prints its value. */
export function resultCommand(): Command {
  return new Command('result')
    .description('Print the return value of a task, by its id. It waits until there is one.')
    .argument('<task_id>')
    .option('-t, --task <name>', 'name of the task')
    .option('--traceback', 'print the traceback instead, as far as there is one now')
    .option('--timeout <seconds>', 'how long to wait', seconds)
    .option('-j, --json', 'write JSON')
    .action((taskId: string, _options: unknown, command: Command) => show(taskId, command.optsWithGlobals()))
}

async function show(taskId: string, options: Options): Promise<void> {
  await using app = (await openApp(options)).app
  if (options.task !== undefined) app.tasks.get(options.task)
  const value = options.traceback ? await tracebackOf(taskId, app) : await resultOf(taskId, app, options)
  print(options.json ? JSON.stringify(value ?? null) : str(value))
}

async function tracebackOf(taskId: string, app: Celery): Promise<string | null> {
  return (await (await app.backend()).getTaskMeta(taskId)).traceback ?? null
}

/** @throws CommandFailed when the task did */
async function resultOf(taskId: string, app: Celery, { timeout }: Options): Promise<unknown> {
  const result = app.asyncResult(taskId)
  const value = await result.get({ propagate: false, ...(timeout !== undefined && { timeout }) })
  if (await result.successful()) return value
  const what = value instanceof Error ? `${value.name}: ${value.message}` : str(value)
  throw new CommandFailed(
    `Task ${taskId} is ${await result.state()}: ${what}\nGive --traceback to see where it failed.`,
  )
}
