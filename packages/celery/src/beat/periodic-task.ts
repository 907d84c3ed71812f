import { inspect } from 'node:util'
import type { CallOptions } from '../app/call.ts'
import {
  boolean,
  fieldsOf,
  list,
  RuleBroken,
  type Setting,
  table,
  text,
  toCamelCase,
} from '../app/setting.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import { maybeSchedule, type Schedule } from './schedule.ts'

/** How its calls are sent: queue, priority, expires and so on. Its id is beat's to give, and its time the schedule's. */
export type PeriodicOptions = Omit<CallOptions, 'args' | 'kwargs' | 'taskId' | 'eta'>

/**
 * A call that is sent again and again: an entry of `beatSchedule`, with Celery's fields. A function among the
 * arguments is called each time, and what it returns (or resolves with) is sent.
 */
export interface PeriodicTask {
  /** Name of the task; it need not exist here. */
  readonly task: string
  /** Seconds, or `schedule()`, `crontab()`, or a schedule of your own. */
  readonly schedule: number | Schedule
  readonly args?: readonly unknown[]
  readonly kwargs?: Readonly<Record<string, unknown>>
  readonly options?: PeriodicOptions
  /** An interval is rounded to its resolution: see `Interval.relative`. */
  readonly relative?: boolean
}

/** With everything that may be left out. */
export type ResolvedPeriodicTask = Required<PeriodicTask> & { readonly schedule: Schedule }

export type PeriodicTasks = Readonly<Record<string, ResolvedPeriodicTask>>

/** The setting `beatSchedule`. */
export function beatScheduleSetting(help: string): Setting<PeriodicTasks> {
  return { default: Object.freeze({}), unit: undefined, help, parse: parseTable }
}

const anySchedule: Setting<unknown> = { default: 0, unit: undefined, help: '', parse: (value) => value }

const FIELDS = {
  task: text('', 'Name of the task.'),
  schedule: anySchedule,
  args: list<unknown>([], 'Its arguments.'),
  kwargs: table({}, 'Its keyword arguments.'),
  options: table({}, 'How it is sent.'),
  relative: boolean(false, 'Rounded to the resolution of the interval.'),
} satisfies Record<keyof PeriodicTask, Setting<unknown>>

function parseTable(value: unknown): PeriodicTasks {
  const entries = Object.entries(table({}, '').parse(value))
  return Object.freeze(
    Object.fromEntries(
      entries.map(([name, entry]) => {
        if (name === '') throw new RuleBroken('must have a name for each entry')
        return [name, parsePeriodicTask(name, entry)]
      }),
    ),
  )
}

/** An entry as it is written, in camelCase or snake_case. @throws RuleBroken which names the entry and the field */
export function parsePeriodicTask(name: string, entry: unknown): ResolvedPeriodicTask {
  try {
    const given = { args: [], kwargs: {}, options: {}, relative: false, ...fieldsOf(FIELDS, entry) }
    const { task, schedule, relative, options } = given as unknown as Required<PeriodicTask>
    if (typeof task !== 'string' || task === '') throw new RuleBroken("needs a 'task', the name of one")
    return Object.freeze({
      ...(given as unknown as ResolvedPeriodicTask),
      schedule: maybeSchedule(schedule, relative),
      options: checkOptions(options),
    })
  } catch (error) {
    if (!(error instanceof RuleBroken || error instanceof ImproperlyConfigured)) throw error
    throw new RuleBroken(`has an entry '${name}' that ${error.message}`, { cause: error })
  }
}

function checkOptions(options: object): PeriodicOptions {
  const given = Object.fromEntries(Object.entries(options).map(([key, value]) => [toCamelCase(key), value]))
  for (const name of ['taskId', 'eta', 'args', 'kwargs'])
    if (name in given)
      throw new RuleBroken(`has an option '${name}' (${inspect(given[name])}), which beat decides`)
  return given
}
