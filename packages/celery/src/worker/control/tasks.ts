/** The tasks a worker knows, and how often and how long they may run. */
import type { Command, CommandArguments } from '../../app/panel.ts'
import { str } from '../../app/python-repr.ts'
import type { AnyTask } from '../../app/task.ts'
import { CeleryError } from '../../exceptions.ts'
import type { Consumer } from '../consumer/consumer.ts'
import { parseRateLimit } from '../rate-limits.ts'
import { asNumber, optionalSeconds, requiredText, texts } from './arguments.ts'

/** What is shown of a task when nobody says what. */
const DEFAULT_ITEMS = ['exchange', 'routing_key', 'rate_limit']

export const TASK_COMMANDS: readonly Command[] = [
  {
    name: 'registered',
    alias: 'dump_tasks',
    type: 'inspect',
    help: 'List of registered tasks.',
    signature: '[attr1 [attr2 [... [attrN]]]]',
    variadic: 'taskinfoitems',
    run: registered,
  },
  {
    name: 'rate_limit',
    type: 'control',
    help: 'Tell worker(s) to modify the rate limit for a task by type.',
    signature: '<task_name> <rate_limit (e.g., 5/s | 5/m | 5/h)>',
    args: [
      ['task_name', String],
      ['rate_limit', String],
    ],
    run: rateLimit,
  },
  {
    name: 'time_limit',
    type: 'control',
    help: 'Tell worker(s) to modify the time limit for task by type.',
    signature: '<task_name> <soft_secs> [hard_secs]',
    args: [
      ['task_name', String],
      ['soft', asNumber],
      ['hard', asNumber],
    ],
    run: timeLimit,
  },
]

function registered(worker: Consumer, args: CommandArguments): readonly string[] {
  const named = texts(args, 'taskinfoitems')
  const items = named.length > 0 ? named : DEFAULT_ITEMS
  return worker.app.tasks.names.map((name) => {
    const shown = attributesOf(worker, worker.app.tasks.get(name))
    const fields = items
      .filter((item) => shown[item] !== undefined && shown[item] !== null)
      .map((item) => `${item}=${str(shown[item])}`)
    return fields.length > 0 ? `${name} [${fields.join(' ')}]` : name
  })
}

/** By the names that the attributes of Celery's tasks have; what a task leaves open, its app says. */
function attributesOf(
  { app, state }: Consumer,
  { name, options }: AnyTask,
): Readonly<Record<string, unknown>> {
  const { conf } = app
  const limits = state.limitsOf(name, options)
  return {
    name,
    rate_limit: limits.rateLimit ?? (conf.taskDefaultRateLimit || undefined),
    time_limit: limits.timeLimit,
    soft_time_limit: limits.softTimeLimit,
    queue: options.queue,
    priority: options.priority,
    serializer: options.serializer ?? conf.taskSerializer,
    compression: options.compression ?? (conf.taskCompression || undefined),
    expires: options.expires,
    max_retries: options.maxRetries === undefined ? conf.taskDefaultMaxRetries : options.maxRetries,
    default_retry_delay: options.defaultRetryDelay ?? conf.taskDefaultRetryDelay,
    acks_late: options.acksLate ?? conf.taskAcksLate,
    acks_on_failure_or_timeout: options.acksOnFailureOrTimeout ?? conf.taskAcksOnFailureOrTimeout,
    reject_on_worker_lost: options.rejectOnWorkerLost ?? conf.taskRejectOnWorkerLost,
    ignore_result: options.ignoreResult ?? conf.taskIgnoreResult,
    store_errors_even_if_ignored: options.storeErrorsEvenIfIgnored ?? conf.taskStoreErrorsEvenIfIgnored,
    track_started: options.trackStarted ?? conf.taskTrackStarted,
  }
}

function rateLimit({ app, state, parts, logger }: Consumer, args: CommandArguments) {
  const name = requiredText(args, 'task_name')
  const limit = (args.rate_limit || undefined) as string | number | undefined
  let perSecond: number | undefined
  try {
    perSecond = parseRateLimit(limit)
  } catch (error) {
    if (!(error instanceof CeleryError)) throw error
    logger.error(`A rate limit for ${name} was refused. ${error.message}`)
    return { error: error.message }
  }
  if (!app.tasks.has(name)) return unknownTask(name, logger)
  state.changeLimits(name, { rateLimit: limit })
  if (!app.conf.workerDisableRateLimits) parts.rateLimits.set(name, perSecond)
  logger.info(`Rate limit for tasks of type ${name}: ${limit ?? 'none'}`)
  return { ok: limit === undefined ? 'rate limit disabled successfully' : 'new rate limit set successfully' }
}

function timeLimit({ app, state, logger }: Consumer, args: CommandArguments) {
  const name = requiredText(args, 'task_name')
  const limits = { softTimeLimit: optionalSeconds(args, 'soft'), timeLimit: optionalSeconds(args, 'hard') }
  if (!app.tasks.has(name)) return unknownTask(name, logger)
  state.changeLimits(name, limits)
  const { softTimeLimit: soft = 'none', timeLimit: hard = 'none' } = limits
  logger.info(`New time limits for tasks of type ${name}: soft=${soft} hard=${hard}`)
  return { ok: 'time limits set successfully' }
}

function unknownTask(name: string, logger: Consumer['logger']) {
  logger.error(`A change of limits names the task ${name}, which is unknown here`)
  return { error: 'unknown task' }
}
