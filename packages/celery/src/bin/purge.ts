import { Command } from 'commander'
import { confirm } from './confirm.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { names } from './option-values.ts'
import { print } from './replies.ts'

interface Options extends GlobalOptions {
  readonly force?: boolean
  readonly queues?: readonly string[]
  readonly excludeQueues?: readonly string[]
  readonly json?: boolean
}

/** `celery purge`: deletes the messages that wait in task queues. */
export function purgeCommand(): Command {
  return new Command('purge')
    .description('Erase all messages from all known task queues. There is no undo for this.')
    .option('-f, --force', 'do not ask')
    .option('-Q, --queues <names>', 'queues to purge (default: the configured ones)', names)
    .option('-X, --exclude-queues <names>', 'queues not to purge', names)
    .option('-j, --json', 'write JSON')
    .action((_options: unknown, command: Command) => purge(command.optsWithGlobals()))
}

async function purge({ force = false, json = false, ...options }: Options): Promise<void> {
  await using app = (await openApp(options)).app
  const known = options.queues ?? app.amqp.queues.configured.map(({ name }) => name)
  const queues = [...new Set(known)].filter((name) => !options.excludeQueues?.includes(name)).sort()
  if (queues.length === 0) return
  const noun = queues.length === 1 ? 'queue' : 'queues'
  if (!force) {
    await confirm(
      `WARNING: This will remove all tasks from ${noun}: ${queues.join(', ')}.\n` +
        '         There is no undo for this operation!\n\n' +
        '(to skip this prompt use the -f option)\n' +
        'Are you sure you want to delete all tasks?',
    )
  }
  const count = await app.control.purge(queues)
  if (json) print(JSON.stringify({ queues, purged: count }))
  else if (count === 0) print(`No messages purged from ${queues.length} ${noun}.`)
  else {
    print(`Purged ${count} ${count === 1 ? 'message' : 'messages'} from ${queues.length} known task ${noun}.`)
  }
}
