import { Command } from 'commander'
import { str } from '../app/python-repr.ts'
import type { ReceivedEvent } from '../events/event.ts'
import { type GlobalOptions, openApp } from './open-app.ts'

const HUMAN_TYPES: Readonly<Record<string, string>> = {
  'worker-offline': 'shutdown',
  'worker-online': 'started',
  'worker-heartbeat': 'heartbeat',
}

/** So many tasks are known by name. */
const NAMES_KEPT = 4095

interface Options {
  readonly json?: boolean
}

/** `celery events`: what workers and clients say, a line each, in Celery's form. */
export function eventsCommand(): Command {
  return new Command('events')
    .description('Show what workers and clients say as they say it, until SIGINT.')
    .option('-d, --dump', 'a line for each event (the default)')
    .option('-j, --json', 'each event as it is on the wire')
    .action((_options: Options, command: Command) => dump(command.optsWithGlobals<GlobalOptions & Options>()))
}

async function dump(options: GlobalOptions & Options): Promise<void> {
  await using app = (await openApp(options)).app
  const dumper = new EventDumper()
  const line = options.json ? (event: ReceivedEvent) => JSON.stringify(event) : dumper.line.bind(dumper)
  await using receiver = app.events.receiver({
    onEvent: (event) => process.stdout.write(`${line(event)}\n`),
    onError: (error) => process.stderr.write(`-> ${error instanceof Error ? error.message : error}\n`),
  })
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  if (!options.json) process.stdout.write('-> evdump: starting capture...\n')
  await receiver.run({ signal: stopping.signal })
}

/** Writes events as Celery's `events --dump` does. */
export class EventDumper {
  readonly #names = new Map<unknown, string>()

  line({ type, timestamp, hostname, ...event }: ReceivedEvent): string {
    const { task, fields } = type.startsWith('task-') ? this.#task(type, event) : { task: '', fields: event }
    const list = Object.entries(fields)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `${name}=${str(value)}`)
      .join(', ')
    const words = [HUMAN_TYPES[type] ?? type.replaceAll('-', ' '), list === '' ? '' : ':']
    const time = new Date(timestamp * 1000).toISOString().replace('T', ' ').replace('Z', '+00:00')
    return `${hostname} [${time}] ${words.join('')} ${task === '' ? '' : `${task} `}${list}`
  }

  #task(type: string, { uuid, ...fields }: Readonly<Record<string, unknown>>) {
    if (type !== 'task-received' && type !== 'task-sent') return { task: this.#names.get(uuid) ?? '', fields }
    const { name, args, kwargs, ...others } = fields
    const task = `${name}(${uuid}) args=${args} kwargs=${kwargs}`
    this.#names.set(uuid, task)
    if (this.#names.size > NAMES_KEPT) this.#names.delete(this.#names.keys().next().value)
    return { task, fields: others }
  }
}
