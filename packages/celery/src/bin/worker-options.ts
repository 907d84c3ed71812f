import { Command, InvalidArgumentError, Option } from 'commander'
import type { AutoscaleRange } from '../index.ts'
import { leftOutOption } from './left-out.ts'
import { jsonLogOption, loglevelOption } from './log.ts'
import { names, seconds, wholeNumber } from './option-values.ts'

export interface WorkerCommandOptions {
  readonly concurrency?: number
  readonly pool?: string
  readonly autoscale?: AutoscaleRange
  readonly queues?: readonly string[]
  readonly excludeQueues?: readonly string[]
  readonly include?: readonly string[]
  readonly purge?: boolean
  readonly discard?: boolean
  readonly hostname?: string
  readonly statedb?: string
  readonly pidfile?: string
  readonly umask?: number
  readonly prefetchMultiplier?: number
  readonly disablePrefetch?: boolean
  readonly timeLimit?: number
  readonly softTimeLimit?: number
  readonly maxTasksPerChild?: number
  readonly maxMemoryPerChild?: number
  readonly taskEvents?: boolean
  readonly metricsPort?: number
  readonly metricsHost?: string
  readonly events?: boolean
  readonly withoutGossip?: boolean
  readonly withoutMingle?: boolean
  readonly withoutHeartbeat?: boolean
  readonly heartbeatInterval?: number
  readonly beat?: boolean
  readonly scheduleFilename?: string
  readonly schedule?: string
  readonly scheduler?: string
  readonly loglevel: string
  readonly logfile?: string
  readonly json?: boolean
}

/** Celery's options that are not here, and what does their work. */
const LEFT_OUT: readonly (readonly [flags: string, instead: string])[] = [
  ['-D, --detach', 'Have a service manager run it in the background: systemd, or a container.'],
  ['--uid <user>', "Have the service manager start it as that user, such as systemd's User=."],
  ['--gid <group>', "Have the service manager start it in that group, such as systemd's Group=."],
  ['--executable <path>', 'It is the Python that --detach starts. Start the worker with the Node you want.'],
]

/** `celery worker`: the options are Celery's (https://docs.celeryq.dev/en/stable/reference/cli.html#celery-worker). */
export function workerOptions(): Command {
  const command = new Command('worker').description('Start a worker.')
  const groups = [poolOptions(), queueOptions(), presenceOptions(), beatOptions(), processOptions()]
  for (const option of groups.flat()) command.addOption(option)
  for (const [flags, instead] of LEFT_OUT) command.addOption(leftOutOption(flags, instead))
  return command
}

function poolOptions(): readonly Option[] {
  return [
    option(
      '-c, --concurrency <number>',
      'how many tasks run at once (default: one per processor)',
      wholeNumber,
    ),
    option(
      '-P, --pool <name>',
      'where tasks run: prefork, threads, async, solo, or the path of a module that has a pool of its own',
    ),
    option('--autoscale <max,min>', 'let the pool grow and shrink with the demand, such as 10,3', autoscale),
    option('--prefetch-multiplier <number>', 'messages taken in advance per slot', wholeNumber),
    option('--disable-prefetch', 'take a message only when a slot is free'),
    option('--time-limit <seconds>', 'end a task that runs longer, and its child or thread', seconds),
    option('--soft-time-limit <seconds>', 'have request.signal of a task that runs longer abort', seconds),
    option('--max-tasks-per-child <number>', 'replace a child or thread after so many tasks', wholeNumber),
    option(
      '--max-memory-per-child <KiB>',
      'replace a child or thread that uses more memory, after its task',
      wholeNumber,
    ),
    option('-O, --optimization <profile>', 'tasks always go to a free child, which is `fair`')
      .choices(['default', 'fair'])
      .default('default'),
  ]
}

function queueOptions(): readonly Option[] {
  return [
    option('-Q, --queues <names>', 'queues to consume from, separated by commas', names),
    option('-X, --exclude-queues <names>', 'of the configured queues, those not to consume from', names),
    option('-I, --include <modules>', 'modules to import besides those of the settings', names),
    option('--purge', 'delete what waits in the queues first; there is no way back'),
    option('--discard', 'the same').hideHelp(),
  ]
}

function presenceOptions(): readonly Option[] {
  return [
    option('-n, --hostname <name>', 'node name, such as w1@%h (%h: host, %n: name, %d: domain)'),
    option('-E, --task-events', 'send events of tasks, for monitors'),
    option('--events', 'the same').hideHelp(),
    option('--metrics-port <number>', 'answer GET /metrics there, for Prometheus', wholeNumber),
    option('--metrics-host <address>', 'address to listen on for that (default: 127.0.0.1)'),
    option('--without-gossip', 'do not heed what other workers say of themselves'),
    option('--without-mingle', 'do not ask other workers at start what was revoked'),
    option('--without-heartbeat', 'do not tell others that this worker is there'),
    option('--heartbeat-interval <seconds>', 'seconds between two heartbeats', seconds),
  ]
}

function beatOptions(): readonly Option[] {
  return [
    option('-B, --beat', 'also send what is due again and again; of several that do, one leads'),
    option(
      '-s, --schedule-filename <path>',
      'SQLite file of the schedule; then beats on other machines do not count',
    ),
    option('--schedule <path>', 'the same').hideHelp(),
    option('--scheduler <class>', 'scheduler class to use, such as ./scheduler.ts:Mine'),
  ]
}

function processOptions(): readonly Option[] {
  return [
    option('-S, --statedb <path>', 'file in which it remembers over a restart what was revoked (%n, %h, %d)'),
    loglevelOption(),
    jsonLogOption(),
    option('-f, --logfile <path>', 'write the log to a file instead of stderr (%n, %h, %d)'),
    option('--pidfile <path>', 'keep the process id there, and be the only one with that file (%n, %h, %d)'),
    option('--umask <octal>', 'rights that the files it makes do not have, such as 022', octal),
  ]
}

function option(flags: string, description: string, parse?: (value: string) => unknown): Option {
  const made = new Option(flags, description)
  return parse === undefined ? made : made.argParser(parse)
}

/** `10,3`, in either order, or `10` for 10 and 0. */
function autoscale(value: string): AutoscaleRange {
  const parts = value.split(',')
  if (parts.length > 2 || !parts.every((part) => /^\d+$/.test(part)))
    throw new InvalidArgumentError('Write the most and the fewest slots, such as --autoscale=10,3.')
  const [one = 0, other = 0] = parts.map(Number)
  return { max: Math.max(one, other), min: Math.min(one, other) }
}

function octal(value: string): number {
  if (/^(?:0o?)?[0-7]{1,4}$/.test(value)) return Number.parseInt(value.replace('0o', ''), 8)
  throw new InvalidArgumentError('It must be an octal number, such as 022.')
}
