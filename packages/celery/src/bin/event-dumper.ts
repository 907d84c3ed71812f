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
