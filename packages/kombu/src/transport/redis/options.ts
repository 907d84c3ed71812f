import { InvalidValueError } from '../../exceptions.ts'
import type { QueueOrder } from '../virtual/store.ts'

/** What can be set about the layout in Redis. Programs that share a database must agree on all but the last four. */
export interface RedisOptions {
  /** Put before every key and channel. */
  readonly globalKeyprefix: string
  /** Between a queue's name and its priority, and between the parts of a binding. */
  readonly sep: string
  /** Ascending; a message goes to the largest step that is not above its priority. The lowest is served first. */
  readonly prioritySteps: readonly number[]
  /** Hash of the unacknowledged messages, sorted set of when they were taken, and the lock of whoever restores. */
  readonly unackedKey: string
  readonly unackedIndexKey: string
  readonly unackedMutexKey: string
  /** Before the name of a fanout channel, `{db}` being the number of the database; '' for none. */
  readonly fanoutPrefix: string
  /** Whether routing keys are part of a fanout channel's name. */
  readonly fanoutPatterns: boolean
  /** Seconds after which an unacknowledged message is given to somebody else, unless its holder says it still lives. */
  readonly visibilityTimeout: number
  /** Messages restored in one go. */
  readonly unackedRestoreLimit: number
  readonly queueOrderStrategy: QueueOrder
  /** Seconds between looks at a queue, for servers that do not tell when something arrived. */
  readonly pollingInterval: number
}

/** Reads `transportOptions` by Kombu's names; what is not given is as Kombu has it. Other names are for others. */
export function resolveRedisOptions(given: Readonly<Record<string, unknown>>): RedisOptions {
  return Object.freeze({
    globalKeyprefix: text(given, 'global_keyprefix', ''),
    sep: text(given, 'sep', '\x06\x16'),
    prioritySteps: prioritySteps(given.priority_steps ?? [0, 3, 6, 9]),
    unackedKey: text(given, 'unacked_key', 'unacked'),
    unackedIndexKey: text(given, 'unacked_index_key', 'unacked_index'),
    unackedMutexKey: text(given, 'unacked_mutex_key', 'unacked_mutex'),
    fanoutPrefix: fanoutPrefix(given.fanout_prefix ?? true),
    fanoutPatterns: given.fanout_patterns !== false,
    visibilityTimeout: positive(given, 'visibility_timeout', 3600),
    unackedRestoreLimit: positive(given, 'unacked_restore_limit', 1000),
    queueOrderStrategy: queueOrder(given.queue_order_strategy ?? 'round_robin'),
    pollingInterval: positive(given, 'polling_interval', 1),
  })
}

function text(given: Readonly<Record<string, unknown>>, name: string, byDefault: string): string {
  const value = given[name] ?? byDefault
  if (typeof value === 'string') return value
  throw refused(name, value, 'a string')
}

function positive(given: Readonly<Record<string, unknown>>, name: string, byDefault: number): number {
  const value = given[name] ?? byDefault
  if (typeof value === 'number' && value > 0) return value
  throw refused(name, value, 'a number greater than 0')
}

function prioritySteps(value: unknown): readonly number[] {
  const steps: unknown[] = Array.isArray(value) ? value : []
  const isAscending = steps.every(
    (step, at) => Number.isInteger(step) && (at === 0 ? step === 0 : Number(step) > Number(steps[at - 1])),
  )
  if (steps.length > 0 && isAscending) return steps as number[]
  throw refused('priority_steps', value, 'a list of ascending integers that starts with 0')
}

/** Kombu's `true` is its usual prefix, `false` is none, and a string is a prefix of one's own. */
function fanoutPrefix(value: unknown): string {
  if (value === true) return '/{db}.'
  if (value === false) return ''
  if (typeof value === 'string') return value
  throw refused('fanout_prefix', value, 'true, false or a string')
}

function queueOrder(value: unknown): QueueOrder {
  if (value === 'round_robin' || value === 'sorted' || value === 'priority') return value
  throw refused('queue_order_strategy', value, 'round_robin, sorted or priority')
}

function refused(name: string, value: unknown, expected: string): InvalidValueError {
  return new InvalidValueError(`transport option ${name} is ${JSON.stringify(value)}; it must be ${expected}`)
}
