/** Tasks that must not run: by id, or by a header they were stamped with. */
import { constants } from 'node:os'
import type { Command, CommandArguments } from '../../app/panel.ts'
import { reprSet, reprValue } from '../../app/python-repr.ts'
import type { Consumer } from '../consumer/consumer.ts'
import type { Request } from '../request.ts'
import { flag, requiredText, texts, valueError } from './arguments.ts'

const IDS = '[id1 [id2 [... [idN]]]]'

export const REVOKE_COMMANDS: readonly Command[] = [
  {
    name: 'revoked',
    alias: 'dump_revoked',
    type: 'inspect',
    help: 'List of revoked task-ids.',
    run: ({ state }) => state.revoked.ids,
  },
  {
    name: 'revoke',
    type: 'control',
    help: 'Revoke task by task id (or list of ids).',
    signature: IDS,
    variadic: 'task_id',
    run: (worker, args) => revoke(worker, texts(args, 'task_id'), args),
  },
  {
    name: 'terminate',
    type: 'control',
    help: 'Terminate task by task id (or list of ids).',
    signature: `<signal> ${IDS}`,
    args: [['signal', String]],
    variadic: 'task_id',
    run: (worker, args) => revoke(worker, texts(args, 'task_id'), { ...args, terminate: true }),
  },
  {
    name: 'revoke_by_stamped_headers',
    type: 'control',
    help: 'Revoke task by header (or list of headers).',
    signature: '[key1=value1 [key2=value2 [... [keyN=valueN]]]]',
    variadic: 'headers',
    run: revokeByStampedHeaders,
  },
]

function revoke(worker: Consumer, taskIds: readonly string[], args: CommandArguments) {
  const { state, logger } = worker
  const signal = signalNamed(args.signal ?? 'SIGTERM')
  const ids = [...new Set(taskIds)]
  const terminated: string[] = []
  state.revoked.addAll(new Map(ids.map((id) => [id, Date.now()])))
  for (const id of ids) {
    if (state.reserved.get(id)?.revoke({ terminate: flag(args, 'terminate'), signal })) terminated.push(id)
  }
  logger.info(`Tasks flagged as revoked: ${ids.join(', ')}`)
  void markRevoked(
    worker,
    ids.filter((id) => !state.reserved.has(id)),
  )
  if (!flag(args, 'terminate')) return { ok: `tasks ${reprSet(ids)} flagged as revoked` }
  return { ok: `terminate: ${terminated.join(', ') || 'tasks unknown'}` }
}

function revokeByStampedHeaders({ state, logger }: Consumer, args: CommandArguments) {
  const stamps = stampsOf(args.headers)
  const shown = reprValue(stamps)
  const signal = signalNamed(args.signal ?? 'SIGTERM')
  for (const [header, values] of Object.entries(stamps)) state.revoked.addStamps(header, [values].flat())
  logger.info(`Tasks with these stamps flagged as revoked: ${shown}`)
  const terminate = flag(args, 'terminate')
  const stopped: Request[] = []
  for (const request of [...state.reserved.values()]) {
    if (state.revoked.hasStamps(request.stamps) && request.revoke({ terminate, signal }))
      stopped.push(request)
  }
  if (!terminate) return { ok: `headers ${shown} flagged as revoked, but not terminated` }
  return { ok: stopped.length === 0 ? `headers ${shown} were not terminated` : `headers ${shown} revoked` }
}

/** A table of header and value, or values; or a list of `header=value`, as the command line gives it. */
function stampsOf(headers: unknown): Readonly<Record<string, unknown>> {
  if (!Array.isArray(headers)) {
    if (typeof headers === 'object' && headers !== null) return { ...headers }
    throw new TypeError(
      `The argument 'headers' must be a table, but it is ${JSON.stringify(headers) ?? 'missing'}.`,
    )
  }
  return Object.fromEntries(
    headers.map((text: unknown) => {
      const [, header, value] = /^([^=]+)=([^=]*)/.exec(requiredText({ header: text }, 'header')) ?? []
      if (header !== undefined) return [header, value]
      throw valueError(`'${text}' does not read like header=value.`)
    }),
  )
}

/** As Python takes it: `SIGKILL`, `KILL` or 9. @throws RangeError for what is no signal */
function signalNamed(signal: unknown): NodeJS.Signals {
  const names = Object.keys(constants.signals) as NodeJS.Signals[]
  const wanted = String(signal).toUpperCase()
  const found = names.find(
    (name) => name === wanted || name === `SIG${wanted}` || String(constants.signals[name]) === wanted,
  )
  if (found === undefined) throw new RangeError(`There is no signal ${JSON.stringify(signal)}.`)
  return found
}

/** Writes REVOKED at once, so that whoever waits for the result need not wait for the message. */
async function markRevoked({ app, logger }: Consumer, ids: readonly string[]): Promise<void> {
  try {
    const backend = await app.backend()
    for (const id of ids) await backend.markAsRevoked(id, 'revoked')
  } catch (error) {
    logger.error({ err: error }, 'A revoked task could not be marked as such in the result backend')
  }
}
