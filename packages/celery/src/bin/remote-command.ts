/** What `celery inspect` and `celery control` have in common: a command of the panel, by name, and who is asked. */
import { Command } from 'commander'
import type { RemoteOptions } from '../app/control.ts'
import { importModules } from '../app/import-modules.ts'
import { flattenReply } from '../app/inspect.ts'
import type { CommandType, Command as RemoteCommand } from '../app/panel.ts'
import type { Celery } from '../index.ts'
import { allCommands } from '../worker/control/index.ts'
import { CommandFailed, EXIT, usageError } from './failure.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { names, seconds } from './option-values.ts'
import { print, showCount, showReply } from './replies.ts'

export interface RemoteCommandOptions {
  readonly timeout?: number
  readonly destination?: readonly string[]
  readonly json?: boolean
  readonly list?: boolean
}

/** Celery's options of everything that asks workers. */
export function withRemoteOptions(command: Command): Command {
  return command
    .option('-t, --timeout <seconds>', 'how long to wait for replies (default: 1)', seconds)
    .option('-d, --destination <names>', 'node names, separated by commas (default: every worker)', names)
    .option('-j, --json', 'write JSON')
}

export function remoteCommand(type: CommandType, description: string): Command {
  return withRemoteOptions(new Command(type).description(description))
    .argument('[command]', 'what to ask; --list shows what there is')
    .argument('[arguments...]', 'of the command')
    .option('--list', `list the ${type} commands`)
    .action(
      async (name: string | undefined, args: readonly string[], _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<GlobalOptions & RemoteCommandOptions>()
        await using app = (await openApp(options)).app
        await importModules(app) // they may have commands of their own
        if (options.list) return print(listed(offered(app, type), options))
        await ask(app, commandNamed(name, type, app), args, options)
      },
    )
}

async function ask(
  app: Celery,
  command: RemoteCommand,
  texts: readonly string[],
  { json = false, quiet, ...options }: GlobalOptions & RemoteCommandOptions,
): Promise<void> {
  const replies = await app.control.request(command.name, {
    arguments: argumentsOf(command, texts),
    ...whoAndHowLong(options, command.defaultTimeout),
    ...(!json && { callback: (reply) => showReply(reply, { body: true, quiet }) }),
  })
  if (replies.length === 0) throw noReply(options)
  const said = command.type === 'inspect' ? flattenReply(replies) : replies
  if (json) print(JSON.stringify(said))
  else if (command.type === 'inspect' && !quiet) showCount(Object.keys(said).length)
}

/** @param atLeast seconds that the command needs, where nobody says how long to wait */
export function whoAndHowLong(
  { timeout, destination }: RemoteCommandOptions,
  atLeast = 1,
): Pick<RemoteOptions, 'timeout' | 'destination'> {
  return { timeout: timeout ?? Math.max(1, atLeast), ...(destination && { destination }) }
}

/** In Celery's words, and what may be done. */
export function noReply({ destination = [], timeout = 1 }: RemoteCommandOptions): CommandFailed {
  const who = destination.length > 0 ? destination.join(', ') : 'every worker'
  const remedy =
    destination.length > 0 ? '`celery status` shows who is there.' : 'Is one running on this broker?'
  const said = `asked ${who} and waited for ${timeout} s. ${remedy} To wait longer, give -t.`
  return new CommandFailed(`No nodes replied within time constraint: ${said}`, EXIT.unavailable)
}

function offered(app: Celery, type: CommandType): readonly RemoteCommand[] {
  return allCommands(app.panel).filter((command) => command.type === type && command.visible !== false)
}

function commandNamed(name: string | undefined, type: CommandType, app: Celery): RemoteCommand {
  const commands = offered(app, type)
  const found = commands.find((command) => command.name === name)
  if (found) return found
  const all = commands.map((command) => command.name).join(', ')
  const what = name === undefined ? "Missing argument 'COMMAND'." : `Command ${name} not recognized.`
  throw usageError(`${what} Available ${type} commands: ${all}`)
}

function argumentsOf(
  { name, args = [], variadic, signature = '' }: RemoteCommand,
  texts: readonly string[],
): Readonly<Record<string, unknown>> {
  const rest = texts.slice(args.length)
  if (rest.length > 0 && variadic === undefined)
    throw usageError(`Command '${name}' takes ${signature ? `arguments: ${signature}` : 'no arguments'}`)
  const given = texts.slice(0, args.length).map((text, index) => {
    const [key, parse] = args[index] as readonly [string, (text: string) => unknown]
    try {
      return [key, parse(text)]
    } catch (error) {
      throw usageError(`Command '${name}', argument '${key}': ${(error as Error).message}`)
    }
  })
  return { ...Object.fromEntries(given), ...(variadic !== undefined && { [variadic]: rest }) }
}

function listed(commands: readonly RemoteCommand[], { json = false }: RemoteCommandOptions): string {
  if (json)
    return JSON.stringify(commands.map(({ name, signature = '', help = '' }) => ({ name, signature, help })))
  const rows = commands.map(({ name, signature, help = '' }) => [
    signature ? `${name} ${signature}` : name,
    help,
  ])
  const width = Math.max(...rows.map(([preview = '']) => Math.min(preview.length, 40)))
  return rows.map(([preview = '', help]) => `  ${preview.padEnd(width)}  ${help}`).join('\n')
}
