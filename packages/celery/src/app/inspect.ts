import type { Reply } from '@voice-pocket/kombu'
import type { Control, RemoteOptions } from './control.ts'

/** What each worker said, by node name; undefined when none did. */
export type Inspected<Said> = Promise<Readonly<Record<string, Said>> | undefined>

/** A task in a worker's hands. snake_case is the wire's. */
export interface TaskInfo {
  readonly id: string
  readonly name: string
  readonly args: unknown
  readonly kwargs: unknown
  readonly type: string
  readonly hostname: string
  /** Seconds since the epoch; null before it begins. */
  readonly time_start: number | null
  readonly acknowledged: boolean
  readonly delivery_info: Readonly<Record<string, unknown>>
  readonly worker_pid: number | null
}

export interface ScheduledTask {
  readonly eta: string | null
  readonly priority: number
  readonly request: TaskInfo
}

type Table = Readonly<Record<string, unknown>>

/**
 * Asks workers how they are (`celery/app/control.py`, `Inspect`): each method is a command, and gives what every
 * worker said to it within the time.
 */
export class Inspect {
  readonly #control: Control
  readonly #options: RemoteOptions

  /** @param options which workers, and how long to wait for them */
  constructor(control: Control, options: RemoteOptions = {}) {
    this.#control = control
    this.#options = options
  }

  /** Any command, such as one of a program's own. */
  async request<Said = unknown>(command: string, args: Table = {}): Inspected<Said> {
    const replies = await this.#control.request(command, { ...this.#options, arguments: args })
    return replies.length === 0 ? undefined : flattenReply<Said>(replies)
  }

  /** @param safe arguments as texts, which need no decoding */
  active({ safe = false }: { safe?: boolean } = {}): Inspected<readonly TaskInfo[]> {
    return this.request('active', { safe })
  }

  activeQueues(): Inspected<readonly Table[]> {
    return this.request('active_queues')
  }

  clock(): Inspected<{ readonly clock: number }> {
    return this.request('clock')
  }

  conf({ withDefaults = false }: { withDefaults?: boolean } = {}): Inspected<Table> {
    return this.request('conf', { with_defaults: withDefaults })
  }

  /** What a worker that starts asks the others. @param revoked ids of its own */
  hello(fromNode: string, revoked: Table = {}): Inspected<Table | null> {
    return this.request('hello', { from_node: fromNode, revoked })
  }

  memdump({ samples = 10 }: { samples?: number } = {}): Inspected<string> {
    return this.request('memdump', { samples })
  }

  memsample(): Inspected<string> {
    return this.request('memsample')
  }

  objgraph({ type = 'Request', n = 200, maxDepth = 10 } = {}): Inspected<{ readonly filename: string }> {
    return this.request('objgraph', { type, num: n, max_depth: maxDepth })
  }

  ping(): Inspected<{ readonly ok: string }> {
    return this.request('ping')
  }

  queryTask(...ids: readonly string[]): Inspected<Readonly<Record<string, readonly [string, TaskInfo]>>> {
    return this.request('query_task', { ids })
  }

  /** @param attributes of tasks to show, by Celery's names, such as `max_retries` */
  registered(...attributes: readonly string[]): Inspected<readonly string[]> {
    return this.request('registered', { taskinfoitems: attributes })
  }

  report(): Inspected<{ readonly ok: string }> {
    return this.request('report')
  }

  reserved(): Inspected<readonly TaskInfo[]> {
    return this.request('reserved')
  }

  revoked(): Inspected<readonly string[]> {
    return this.request('revoked')
  }

  scheduled(): Inspected<readonly ScheduledTask[]> {
    return this.request('scheduled')
  }

  stats(): Inspected<Table> {
    return this.request('stats')
  }
}

/** By node name. Two workers of one name hide each other everywhere: whoever looks is told. */
export function flattenReply<Said>(replies: readonly Reply[]): Readonly<Record<string, Said>> {
  const names = replies.flatMap((reply) => Object.keys(reply))
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
  if (twice.length > 0) {
    process.emitWarning(
      `Received multiple replies from node ${twice.length > 1 ? 'names' : 'name'}: ${twice.join(', ')}. ` +
        'Please make sure you give each node a unique nodename using the celery worker `-n` option.',
      'DuplicateNodenameWarning',
    )
  }
  return Object.assign({}, ...replies)
}
