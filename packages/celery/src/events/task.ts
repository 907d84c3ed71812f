import {
  FAILURE,
  PENDING,
  READY_STATES,
  RECEIVED,
  REJECTED,
  RETRY,
  REVOKED,
  STARTED,
  type State,
  SUCCESS,
} from '../states.ts'
import type { ReceivedEvent } from './event.ts'
import type { Worker } from './worker.ts'

const STATES: Readonly<Record<string, State>> = {
  sent: PENDING,
  received: RECEIVED,
  started: STARTED,
  failed: FAILURE,
  retried: RETRY,
  succeeded: SUCCESS,
  revoked: REVOKED,
  rejected: REJECTED,
}

/** Which state stands when events come out of order: the one further up (`celery/states.py`, PRECEDENCE). */
const PRECEDENCE: readonly State[] = [SUCCESS, FAILURE, REVOKED, STARTED, RECEIVED, REJECTED, RETRY, PENDING]

/** States of a task's own stand below SUCCESS and FAILURE, and above all others. */
const precedence = (state: State) => {
  const place = PRECEDENCE.indexOf(state)
  return place < 0 ? PRECEDENCE.indexOf(FAILURE) + 0.5 : place
}

/** What `task-received` alone decides, also when it is heard after what followed it. */
const FROM_RECEIVED = new Set(['name', 'args', 'kwargs', 'parentId', 'rootId', 'retries', 'eta', 'expires'])

const FIELDS: Readonly<Record<string, string>> = {
  ...{ name: 'name', args: 'args', kwargs: 'kwargs', eta: 'eta', expires: 'expires', retries: 'retries' },
  ...{ root_id: 'rootId', parent_id: 'parentId', result: 'result', runtime: 'runtime', clock: 'clock' },
  ...{ exception: 'exception', traceback: 'traceback', exchange: 'exchange', routing_key: 'routingKey' },
  ...{ queue: 'queue', terminated: 'terminated', signum: 'signum', expired: 'expired', requeue: 'requeue' },
}

/** A task as its events tell of it. The fields are Celery's; times are seconds since the epoch. */
export class Task {
  readonly uuid: string
  state: State = PENDING
  name: string | undefined
  args: string | undefined
  kwargs: string | undefined
  eta: string | undefined
  expires: string | undefined
  retries: number | undefined
  rootId: string | undefined
  parentId: string | undefined
  result: string | undefined
  runtime: number | undefined
  exception: string | undefined
  traceback: string | undefined
  queue: string | undefined
  exchange: string | undefined
  routingKey: string | undefined
  terminated: boolean | undefined
  signum: number | string | undefined
  expired: boolean | undefined
  requeue: boolean | undefined
  timestamp: number | undefined
  clock = 0
  /** When each of these was said. */
  sent: number | undefined
  received: number | undefined
  started: number | undefined
  succeeded: number | undefined
  failed: number | undefined
  retried: number | undefined
  revoked: number | undefined
  rejected: number | undefined
  /** Node name of who sent it. */
  client: string | undefined
  worker: Worker | undefined
  readonly children = new Set<Task>()

  constructor(uuid: string) {
    this.uuid = uuid
  }

  get ready(): boolean {
    return READY_STATES.has(this.state)
  }

  /** @param subject what comes after `task-` in the event's type */
  tell(subject: string, event: ReceivedEvent): void {
    const known = Object.hasOwn(STATES, subject)
    const state = known ? (STATES[subject] as State) : subject.toUpperCase()
    const fields = fieldsOf(event)
    if (known) Object.assign(this, { [subject]: event.timestamp })
    const isLate = state !== RETRY && this.state !== RETRY && precedence(state) > precedence(this.state)
    if (!isLate) Object.assign(this, fields, { state, timestamp: event.timestamp })
    else if (state !== RECEIVED) Object.assign(this, fields)
    else Object.assign(this, Object.fromEntries(Object.entries(fields).filter(([k]) => FROM_RECEIVED.has(k))))
  }
}

function fieldsOf(event: ReceivedEvent): Record<string, unknown> {
  const said = Object.entries(event).filter(([name, value]) => Object.hasOwn(FIELDS, name) && value !== null)
  return Object.fromEntries(said.map(([name, value]) => [FIELDS[name], value]))
}
