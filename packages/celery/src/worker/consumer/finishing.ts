import { setTimeout as sleep } from 'node:timers/promises'
import { type Channel, Consumer as MessageConsumer, OperationalError } from '@voice-pocket/kombu'
import { readHead } from '../../app/protocol.ts'
import { isQuorum } from '../../app/queues.ts'
import { belongsToRun } from '../redelivery.ts'
import type { Consumer } from './consumer.ts'

/** How long messages of runs that have ended are waited for; another worker may have them already. */
const PATIENCE_MS = 2_000

/**
 * Waits until what runs has ended and is settled, as a worker does that stops. When the connection is lost meanwhile,
 * the broker gives out again what was not acknowledged: then this gets a connection of its own and takes back the
 * messages of what runs here, so that they can be acknowledged and nobody else runs them. It holds no others: what is
 * not ours goes back when it is done.
 * @param consumer that the messages came by; none when the connection was lost before
 */
export async function finish(parent: Consumer, consumer?: MessageConsumer): Promise<void> {
  const idle = Promise.all([consumer?.idle(), parent.state.idle()]).then(() => 'idle' as const)
  const isIdle = (await Promise.race([idle, consumer?.channel.closed])) === 'idle'
  if (isIdle && parent.state.owed.size === 0) return
  if (countUnsettled(parent) > 0)
    parent.logger.warn('The connection was lost while the last tasks run; getting it back')
  const over = new AbortController()
  void idle.then(() => over.abort())
  while (!over.signal.aborted && countUnsettled(parent) > 0) await takeBack(parent, over.signal)
  if (consumer) await idle
  if (parent.state.owed.size > 0) await takeBack(parent, AbortSignal.timeout(PATIENCE_MS))
}

/** How many messages are to be taken back: of what runs, and of what has ended without being settled. */
function countUnsettled({ state }: Consumer): number {
  const late = [...state.reserved.values()].filter(({ acksLate }) => acksLate)
  return late.length + state.owed.size
}

/** Returns when all is settled, when it is over, or when the connection is lost once more. */
async function takeBack(parent: Consumer, over: AbortSignal): Promise<void> {
  const { logger, app, hostname, state } = parent
  await using connection = app.newConnection(`${hostname} finishing`)
  const onError = (error: unknown) => logger.error(`${(error as Error).message}. Trying again.`)
  try {
    await connection.ensureConnection({ signal: over, maxRetries: Number.POSITIVE_INFINITY, onError })
    const channel = await connection.channel()
    await consume(parent, channel)
    const settled = Promise.all([state.idle(), state.owed.paid()])
    await Promise.race([settled, aborted(over), channel.closed])
    if (channel.isOpen) await channel.close()
  } catch (error) {
    if (over.aborted) return
    if (!(error instanceof OperationalError)) throw error
    await sleep(PATIENCE_MS, undefined, { signal: over }).catch(() => {})
  }
}

async function consume(parent: Consumer, channel: Channel): Promise<void> {
  const { app, queues, logger } = parent
  const { acceptContent } = app.conf
  await channel.basicQos(countUnsettled(parent), { global: !queues.some(isQuorum) })
  const consumer = new MessageConsumer(channel, {
    queues,
    accept: acceptContent,
    onMessage: async (message) => {
      await belongsToRun(message, readHead(message, acceptContent), parent)
    },
    onError: (error) => logger.debug({ err: error }, 'A message is left to the next worker'),
  })
  await consumer.consume()
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
