import { createInterface } from 'node:readline'
import { styleText } from 'node:util'
import { type Channel, type Connection, KombuError } from '@voice-pocket/kombu'
import { Command } from 'commander'
import { CommandFailed, usageError } from '../failure.ts'
import { type GlobalOptions, openApp } from '../open-app.ts'
import { print } from '../replies.ts'
import { OPERATIONS } from './operations.ts'
import { wordsOf } from './words.ts'

interface Options extends GlobalOptions {
  readonly json?: boolean
}

/** `celery amqp`: operations of AMQP by hand, one from the command line or many in a shell of their own. */
export function amqpCommand(): Command {
  const amqp = new Command('amqp').description('Administrate the broker with operations of AMQP.')
  for (const [name, { help, args }] of Object.entries(OPERATIONS)) {
    const command = new Command(name).description(help).option('-j, --json', 'write JSON')
    for (const [argument, fallback] of args)
      command.argument(fallback === undefined ? `<${argument}>` : `[${argument}]`, '', fallback)
    command.action(() => runOne(name, command.processedArgs.map(String), command.optsWithGlobals()))
    amqp.addCommand(command)
  }
  const repl = new Command('repl').description('Take operations line by line, on one channel.')
  return amqp.addCommand(
    repl.action(() => runShell(repl.optsWithGlobals())),
    { isDefault: true },
  )
}

async function runOne(name: string, args: readonly string[], options: Options): Promise<void> {
  await using app = (await openApp(options)).app
  const channel = await app.connection.channel()
  show(await operate(channel, name, args), options)
}

async function runShell(options: Options): Promise<void> {
  await using app = (await openApp(options)).app
  if (!options.quiet)
    print(`-> connected to ${(await app.connection.connect()).asUri()}. help shows what there is.`)
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'amqp> ' })
  const channel = channelSource(app.connection)
  const ask = () => process.stdin.isTTY && lines.prompt()
  ask()
  for await (const line of lines) {
    const [name, ...args] = wordsOf(line)
    if (name === 'exit' || name === 'quit') break
    if (name === 'help') print(help())
    else if (name !== undefined) await answer(channel, name, args)
    ask()
  }
}

/** A refusal is told, and the next line has a new channel. */
async function answer(channel: () => Promise<Channel>, name: string, args: readonly string[]): Promise<void> {
  try {
    show(await operate(await channel(), name, args), {})
  } catch (error) {
    if (!(error instanceof KombuError || error instanceof CommandFailed)) throw error
    print(`${styleText(['red', 'bold'], 'ERROR')}: ${error.message}`)
  }
}

async function operate(channel: Channel, name: string, args: readonly string[]): Promise<unknown> {
  const operation = OPERATIONS[name]
  if (!operation)
    throw usageError(`There is no operation '${name}'. These are: ${Object.keys(OPERATIONS).join(', ')}.`)
  const needed = operation.args.filter(([, fallback]) => fallback === undefined).length
  if (args.length < needed || args.length > operation.args.length)
    throw usageError(`${name} takes: ${operation.args.map(([each]) => each).join(' ')}`)
  try {
    return await operation.run(channel, args)
  } catch (error) {
    if (error instanceof TypeError) throw usageError(`${name}: ${error.message}`, { cause: error })
    throw error
  }
}

/** One channel, for delivery tags are its own; another one when the broker has closed it. */
function channelSource(connection: Connection): () => Promise<Channel> {
  let channel: Channel | undefined
  return async () => {
    if (!channel?.isOpen) channel = await connection.channel()
    return channel
  }
}

function show(said: unknown, { json = false }: Options): void {
  if (json) print(JSON.stringify(said ?? null))
  else {
    if (said !== undefined) print(textOf(said))
    print(styleText(['green', 'bold'], 'OK'))
  }
}

/** Numbers and names in a line, as Celery has them; a message as a whole. */
function textOf(said: unknown): string {
  if (typeof said !== 'object' || said === null) return String(said)
  if (Object.values(said).some((value) => typeof value === 'object')) return JSON.stringify(said, null, 4)
  return Object.entries(said)
    .map((entry) => entry.join(':'))
    .join(' ')
}

function help(): string {
  return Object.entries(OPERATIONS)
    .map(
      ([name, { args, help: text }]) => `  ${[name, ...args.map(([each]) => each)].join(' ')}\n      ${text}`,
    )
    .join('\n')
}
