import { Command } from 'commander'
import type { Celery } from '../index.ts'
import { usageError } from './failure.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { print } from './replies.ts'

interface Options extends GlobalOptions {
  readonly json?: boolean
}

/** As the AMQP management API has them. */
interface Bound {
  readonly destination: string
  readonly source: string
  readonly routing_key: string
}

/** `celery list bindings`: which queues get what is sent to the exchanges of the app. */
export function listCommand(): Command {
  const bindings = new Command('bindings')
    .description('Show which queues are bound to the exchanges of the task queues.')
    .option('-j, --json', 'write JSON')
    .action((_options: unknown, command: Command) => listBindings(command.optsWithGlobals()))
  return new Command('list').description('Get information from the broker.').addCommand(bindings)
}

async function listBindings({ json = false, ...options }: Options): Promise<void> {
  await using app = (await openApp(options)).app
  const bindings = await bindingsOf(app)
  if (json) return print(JSON.stringify(bindings))
  const row = (queue: string, exchange: string, key: string) =>
    print(`${queue.padEnd(28)} ${exchange.padEnd(28)} ${key}`)
  const rule = '-'.repeat(16)
  row('Queue', 'Exchange', 'Routing Key')
  row(rule, rule, rule)
  for (const { destination, source, routing_key } of bindings) row(destination, source, routing_key)
}

/** Declares the task queues, as Celery does, so that there is something to list. */
async function bindingsOf(app: Celery): Promise<readonly Bound[]> {
  const queues = app.amqp.queues.configured
  const channel = await app.connection.channel()
  if (channel.bindings === undefined)
    throw usageError(
      `Your transport cannot list bindings: ${app.connection.asUri()} is asked over AMQP, which has no word for it. ` +
        'Use `rabbitmqctl list_bindings`.',
    )
  for (const queue of queues) await queue.declare(channel)
  const found: Bound[] = []
  for (const source of new Set(queues.map(({ exchange }) => exchange.name)))
    for (const { destination, routingKey } of await channel.bindings(source))
      found.push({ destination, source, routing_key: routingKey })
  return found
}
