import { reprValue } from '../app/python-repr.ts'
import { RuleBroken } from '../app/setting.ts'
import type { AnySignature } from '../canvas/fitting.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import {
  type PeriodicOptions,
  type PeriodicTasks,
  parsePeriodicTask,
  type ResolvedPeriodicTask,
} from './periodic-task.ts'
import type { Schedule } from './schedule.ts'

export interface PeriodicTaskOptions extends PeriodicOptions {
  /** Of the entry; by default the call as Python prints it, such as `tasks.add(2, 2)`. */
  readonly name?: string
  readonly args?: readonly unknown[]
  readonly kwargs?: Readonly<Record<string, unknown>>
}

/** What `app.addPeriodicTask` has added to the settings' `beatSchedule`. */
export class AddedPeriodicTasks {
  readonly #settings: () => PeriodicTasks
  readonly #added = new Map<string, ResolvedPeriodicTask>()
  #all: PeriodicTasks | undefined

  /** @param settings the entries of `beatSchedule`, asked for when they are needed */
  constructor(settings: () => PeriodicTasks) {
    this.#settings = settings
  }

  /** All entries by name; the same object until something is added. */
  all(): PeriodicTasks {
    this.#all ??= { ...this.#settings(), ...Object.fromEntries(this.#added) }
    return this.#all
  }

  /** @throws ImproperlyConfigured */
  add(schedule: number | Schedule, signature: AnySignature, options: PeriodicTaskOptions): string {
    const { name, args = [], kwargs = {}, ...sending } = options
    if (signature.kind !== null)
      throw new ImproperlyConfigured(
        `A ${signature.kind} cannot be a periodic task: beat sends one message, as in Celery. Send it from a task that is.`,
      )
    const { taskId: _id, eta: _eta, ...own } = signature.options
    const call = {
      task: signature.task,
      args: signature.immutable ? signature.args : [...args, ...signature.args],
      kwargs: { ...signature.kwargs, ...kwargs },
    }
    const key = name ?? nameOf(call)
    if (name === undefined && this.#added.has(key)) {
      process.emitWarning(
        `Periodic task key='${key}' shadowed a previous unnamed periodic task. Give it a 'name'.`,
        'CeleryWarning',
      )
    }
    this.#added.set(key, parse(key, { ...call, schedule, options: { ...own, ...sending } }))
    this.#all = undefined
    return key
  }
}

function parse(key: string, entry: object): ResolvedPeriodicTask {
  try {
    return parsePeriodicTask(key, entry)
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error
    throw new ImproperlyConfigured(`addPeriodicTask ${error.message}.`, { cause: error })
  }
}

function nameOf({ task, args, kwargs }: Pick<ResolvedPeriodicTask, 'task' | 'args' | 'kwargs'>): string {
  const named = Object.entries(kwargs).map(([key, value]) => `${key}=${reprValue(value)}`)
  return `${task}(${[...args.map((arg) => reprValue(arg)), ...named].join(', ')})`
}
