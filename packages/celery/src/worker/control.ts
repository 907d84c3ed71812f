/**
 * What a worker answers to remote control: one function per command, by Celery's names and with Celery's replies
 * (`celery/worker/control.py`).
 */
import { constants } from 'node:os'
import type { Consumer } from './consumer/consumer.ts'

export type Command = (args: Readonly<Record<string, unknown>>) => unknown

export function commands(worker: Consumer): Readonly<Record<string, Command>> {
  return {
    ping: () => ({ ok: 'pong' }),
    revoke: (args) => revoke(worker, args),
    shutdown: () => worker.parts.onShutdown(),
  }
}

function revoke({ state, logger, app }: Consumer, args: Readonly<Record<string, unknown>>) {
  const ids = [args.task_id].flat().filter((id) => typeof id === 'string')
  const signal = signalNamed(args.signal ?? 'SIGTERM')
  const terminated: string[] = []
  for (const id of ids) {
    state.revoke(id)
    const stopped = state.reserved.get(id)?.revoke({ terminate: args.terminate === true, signal })
    if (stopped) terminated.push(id)
  }
  logger.info(`Tasks flagged as revoked: ${ids.join(', ')}`)
  void markRevoked(
    app,
    ids.filter((id) => !state.reserved.has(id)),
    logger,
  )
  if (args.terminate !== true) return { ok: `tasks ${ids.join(', ')} flagged as revoked` }
  return { ok: `terminate: ${terminated.join(', ') || 'tasks unknown'}` }
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
async function markRevoked(
  app: Consumer['app'],
  ids: readonly string[],
  logger: Consumer['logger'],
): Promise<void> {
  try {
    const backend = await app.backend()
    for (const id of ids) await backend.markAsRevoked(id, 'revoked')
  } catch (error) {
    logger.error({ err: error }, 'A revoked task could not be marked as such in the result backend')
  }
}
