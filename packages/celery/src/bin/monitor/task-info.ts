import { str } from '../../app/python-repr.ts'
import type { Task } from '../../events/task.ts'

/** What Celery shows of a task (`_info_fields`), by its names. */
const FIELDS: readonly (readonly [name: string, key: keyof Task])[] = [
  ['args', 'args'],
  ['kwargs', 'kwargs'],
  ['retries', 'retries'],
  ['result', 'result'],
  ['eta', 'eta'],
  ['runtime', 'runtime'],
  ['expires', 'expires'],
  ['exception', 'exception'],
  ['exchange', 'exchange'],
  ['routing_key', 'routingKey'],
  ['root_id', 'rootId'],
  ['parent_id', 'parentId'],
]

/** What is known of a task, as texts. */
export function taskInfo(task: Task): readonly (readonly [name: string, value: string])[] {
  return FIELDS.flatMap(([name, key]) => (task[key] === undefined ? [] : [[name, str(task[key])] as const]))
}
