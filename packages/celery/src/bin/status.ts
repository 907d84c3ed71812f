import { Command } from 'commander'
import { flattenReply } from '../app/inspect.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { noReply, type RemoteCommandOptions, whoAndHowLong, withRemoteOptions } from './remote-command.ts'
import { print, showCount, showReply } from './replies.ts'

/** `celery status`: which workers are there. */
export function statusCommand(): Command {
  return withRemoteOptions(new Command('status').description('Show which workers are online.')).action(
    (_options: unknown, command: Command) => showStatus(command.optsWithGlobals()),
  )
}

async function showStatus({
  json = false,
  quiet,
  ...options
}: GlobalOptions & RemoteCommandOptions): Promise<void> {
  await using app = (await openApp(options)).app
  const replies = await app.control.ping({
    ...whoAndHowLong(options),
    ...(!json && { callback: (reply) => showReply(reply, { body: false, quiet }) }),
  })
  if (replies.length === 0) throw noReply(options)
  const nodes = flattenReply(replies)
  if (json) print(JSON.stringify(nodes))
  else if (!quiet) showCount(Object.keys(nodes).length)
}
