import { Command } from 'commander'
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
  const result = app.asyncResult(taskId)
  const { timeout, traceback = false, json = false } = options
  const value = traceback
    ? ((await (await app.backend()).getTaskMeta(taskId)).traceback ?? null)
    : await result.get(timeout === undefined ? {} : { timeout })
  print(typeof value === 'string' && !json ? value : JSON.stringify(value ?? null))
}
