import { Command } from 'commander'
import type { CallOptions } from '../index.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { jsonList, jsonTable, seconds, secondsOrTime, time } from './option-values.ts'
import { print } from './replies.ts'

type Options = GlobalOptions & CallOptions & { readonly json?: boolean }

/** `celery call`: sends a task by name, and says its id. */
export function callCommand(): Command {
  return new Command('call')
    .description('Call a task by name.')
    .argument('<name>', 'of the task; it need not exist here')
    .option('-a, --args <list>', 'arguments, a list in JSON', jsonList)
    .option('-k, --kwargs <object>', 'keyword arguments, an object in JSON', jsonTable)
    .option('--eta <time>', 'not before that time, in ISO 8601', time)
    .option('--countdown <seconds>', 'not before so many seconds from now', seconds)
    .option('--expires <seconds or time>', 'not later than that', secondsOrTime)
    .option('--serializer <name>', 'of the arguments (default: json)')
    .option('--queue <name>', 'send it there')
    .option('--exchange <name>', 'send it through that exchange')
    .option('--routing-key <key>', 'send it with that routing key')
    .option('-j, --json', 'write JSON')
    .action((name: string, _options: unknown, command: Command) => call(name, command.optsWithGlobals()))
}

async function call(name: string, options: Options): Promise<void> {
  await using app = (await openApp(options)).app
  const { args, kwargs, eta, countdown, expires, serializer = 'json', queue, exchange, routingKey } = options
  const chosen = { args, kwargs, eta, countdown, expires, serializer, queue, exchange, routingKey }
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined)
  const { id } = await app.sendTask(name, Object.fromEntries(given) as CallOptions)
  print(options.json ? JSON.stringify({ id }) : id)
}
