/** Which tasks a worker has in its hands. */
import type { Command } from '../../app/panel.ts'
import { reprArgs, reprKwargs } from '../../app/python-repr.ts'
import type { Request } from '../request.ts'
import type { WorkerState } from '../state.ts'
import { flag, texts } from './arguments.ts'

/** What Celery's own entries for tasks with an eta have. */
const ETA_PRIORITY = 6

export const REQUEST_COMMANDS: readonly Command[] = [
  {
    name: 'active',
    alias: 'dump_active',
    type: 'inspect',
    help: 'List of tasks currently being executed.',
    run: ({ state }, args) => [...state.active].map((request) => info(request, flag(args, 'safe'))),
  },
  {
    name: 'reserved',
    alias: 'dump_reserved',
    type: 'inspect',
    help: 'List of currently reserved tasks, not including scheduled/active.',
    run: ({ state }) =>
      [...state.reserved.values()].filter((request) => !state.active.has(request)).map((each) => info(each)),
  },
  {
    name: 'scheduled',
    alias: 'dump_schedule',
    type: 'inspect',
    help: 'List of currently scheduled ETA/countdown tasks.',
    run: ({ state }) =>
      [...state.held].map(([request, eta]) => ({
        eta: new Date(eta).toISOString().replace('Z', '+00:00'),
        priority: ETA_PRIORITY,
        request: info(request),
      })),
  },
  {
    name: 'query_task',
    type: 'inspect',
    help: 'Query for task information by id.',
    signature: '[id1 [id2 [... [idN]]]]',
    variadic: 'ids',
    run: ({ state }, args) => {
      const found = texts(args, 'ids').map((id) => state.reserved.get(id))
      return Object.fromEntries(
        found
          .filter((request) => request !== undefined)
          .map((request) => [request.id, [stateOf(request, state), info(request)]]),
      )
    },
  },
]

function stateOf(request: Request, { active, reserved }: WorkerState): 'active' | 'reserved' | 'ready' {
  if (active.has(request)) return 'active'
  return reserved.get(request.id) === request ? 'reserved' : 'ready'
}

/** snake_case below is the wire. @param safe arguments as texts that need no decoding at the other end */
function info(request: Request, safe = false): Readonly<Record<string, unknown>> {
  const { exchange, routingKey, redelivered } = request.message.deliveryInfo
  return {
    id: request.id,
    name: request.title,
    ...argumentsOf(request, safe),
    type: request.name,
    hostname: request.hostname,
    time_start: request.timeStart === undefined ? null : request.timeStart / 1000,
    acknowledged: request.acknowledged,
    delivery_info: {
      exchange,
      routing_key: routingKey,
      priority: request.message.properties.priority ?? null,
      redelivered,
    },
    worker_pid: request.workerPid ?? null,
  }
}

/** A body that cannot be decoded is no reason to tell nothing of the others. */
function argumentsOf(request: Request, safe: boolean): { args: unknown; kwargs: unknown } {
  const { argsrepr, kwargsrepr } = request.message.headers
  if (safe && typeof argsrepr === 'string' && typeof kwargsrepr === 'string')
    return { args: argsrepr, kwargs: kwargsrepr }
  try {
    const { args, kwargs } = request.arguments()
    return safe ? { args: reprArgs(args), kwargs: reprKwargs(kwargs) } : { args, kwargs }
  } catch (error) {
    return { args: String(argsrepr ?? error), kwargs: String(kwargsrepr ?? error) }
  }
}
