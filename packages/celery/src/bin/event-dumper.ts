import { str } from '../app/python-repr.ts'
import type { ReceivedEvent } from '../events/event.ts'

const HUMAN_TYPES: Readonly<Record<string, string>> = {
  'worker-offline': 'shutdown',
  'worker-online': 'started',
  'worker-heartbeat': 'heartbeat',
}

/** So many tasks are known by name. */
const NAMES_KEPT = 4095

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
    return `${hostname} [${pythonTime(timestamp)}] ${words.join('')} ${task === '' ? '' : `${task} `}${list}`
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

/** With microseconds, unless there are none: Python's `str()` of a datetime. @param timestamp seconds since the epoch */
function pythonTime(timestamp: number): string {
  const [whole, rest] = [Math.trunc(timestamp), Math.round((timestamp % 1) * 1e6)]
  const seconds = rest === 1e6 ? whole + 1 : whole
  const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
  return `${text}${rest % 1e6 === 0 ? '' : `.${String(rest).padStart(6, '0')}`}+00:00`
}
