import { StartStopStep } from '../../bootsteps.ts'
import type { WorkerState } from '../state.ts'
import type { Consumer } from './consumer.ts'
import { Events } from './events.ts'

/** Brokers over which Python workers mingle; others of ours are of one machine only. */
export const SHARED_DRIVERS: ReadonlySet<string> = new Set(['amqp', 'redis'])

/** Seconds that other workers have to answer, as in Celery. */
const TIMEOUT_SECONDS = 1

/**
 * Asks the other workers, before it takes tasks, which ones were revoked, and sets its clock by theirs. That it could
 * not ask is no reason not to work.
 */
export class Mingle extends StartStopStep<Consumer> {
  static override readonly requires = [Events]

  override includeIf({ parts, connection }: Consumer): boolean {
    return parts.presence.mingles && SHARED_DRIVERS.has(connection.transport.driverType)
  }

  override async start(parent: Consumer): Promise<void> {
    const { logger } = parent
    logger.info('mingle: searching for neighbors')
    try {
      const answers = await hello(parent)
      for (const answer of answers) sync(parent, answer)
      logger.info(
        answers.length === 0 ? 'mingle: all alone' : `mingle: sync with ${answers.length} nodes complete`,
      )
    } catch (error) {
      if (!parent.isStopping) logger.warn({ err: error }, 'mingle: the other workers could not be asked')
    }
  }
}

async function hello({ app, connection, hostname, state, stopping }: Consumer): Promise<readonly object[]> {
  const replies = await app.control.mailbox.call(connection, 'hello', {
    arguments: { from_node: hostname, revoked: revokedTimes(state) },
    timeoutSeconds: TIMEOUT_SECONDS,
    signal: stopping,
  })
  const others = replies.flatMap((reply) => Object.entries(reply)).filter(([name]) => name !== hostname)
  return others.map(([, answer]) => answer).filter((answer) => typeof answer === 'object' && answer !== null)
}

function sync({ app, state }: Consumer, answer: { clock?: unknown; revoked?: unknown }): void {
  app.clock.adjust(answer.clock)
  addRevoked(state, answer.revoked)
}

/** The command `hello`: what a worker that starts is told. Nothing for oneself. */
export function answerHello(
  { app, hostname, state, logger }: Consumer,
  { from_node: from, revoked }: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  if (from === hostname) return undefined
  logger.info(`sync with ${from}`)
  addRevoked(state, revoked)
  return { revoked: revokedTimes(state), clock: app.clock.forward() }
}

/** Seconds since this machine started: what Python's workers tell the time of a revocation in. */
const uptime = () => Number(process.hrtime.bigint()) / 1e9

/** Id to [when, id]. A time that cannot be one of this machine counts as now. */
function addRevoked(state: WorkerState, revoked: unknown): void {
  if (typeof revoked !== 'object' || revoked === null) return
  const { expiresMs } = state.revoked.limits
  const time = (entry: unknown) => {
    const age = (uptime() - Number(Array.isArray(entry) ? entry[0] : entry)) * 1000
    return Date.now() - (age >= 0 && age < expiresMs ? age : 0)
  }
  const others = Object.entries(revoked).filter(([id]) => !state.revoked.has(id))
  state.revoked.addAll(new Map(others.map(([id, entry]) => [id, time(entry)])))
}

/** Python's workers drop everything unless each time is a float, and JSON writes whole numbers without a fraction. */
function revokedTimes(state: WorkerState): Record<string, readonly [number, string]> {
  const [now, here] = [Date.now(), uptime()]
  const entry = (id: string, at: number) => {
    const time = here - (now - at) / 1000
    return [id, [Number.isInteger(time) ? time + 0.001 : time, id] as const] as const
  }
  return Object.fromEntries([...state.revoked.times].map(([id, at]) => entry(id, at)))
}
