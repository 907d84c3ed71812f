import type { CallOptions } from './call.ts'
import type { Settings } from './defaults.ts'
import { overRoute } from './routes.ts'
import type { TaskOptions } from './task-options.ts'

/** The options of a call, with those of its task where it says nothing itself. */
export function withDefaultsOf<Args extends readonly unknown[]>(
  task: TaskOptions,
  call: CallOptions<Args>,
  conf: Pick<Settings, 'taskIgnoreResult'>,
): CallOptions<Args> {
  const { queue, exchange, routingKey, priority, serializer, compression, deliveryMode, expires } = task
  const { timeLimit, softTimeLimit, ignoreResult = conf.taskIgnoreResult } = task
  const defaults = {
    ...{ queue, exchange, routingKey, priority, serializer, compression, deliveryMode },
    ...{ expires, timeLimit, softTimeLimit, ignoreResult },
  }
  const given = Object.entries(defaults).filter(([, value]) => value !== undefined)
  return overRoute(Object.fromEntries(given) as CallOptions<Args>, call)
}
