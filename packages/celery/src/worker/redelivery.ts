/** What a message that comes once more is to a worker that has seen it before. */
import { type Message, OperationalError } from '@voice-pocket/kombu'
import type { TaskHead } from '../app/protocol.ts'
import type { RequestParts } from './request.ts'

/**
 * A lost connection gives back what this worker still runs, and what it ran and could not settle any more: such a
 * message joins the run it belongs to, or is settled as that has ended. False when the message is new.
 */
export async function belongsToRun(
  message: Message,
  head: TaskHead,
  { state, logger }: Pick<RequestParts, 'state' | 'logger'>,
): Promise<boolean> {
  if (!message.deliveryInfo.redelivered) return false
  const running = state.reserved.get(head.id)
  if (running?.head.retries === head.retries && running.adopt(message)) {
    logger.warn(`Task ${head.task}[${head.id}] came once more while it runs here; it is not run twice`)
    return true
  }
  const owed = state.owed.take(head)
  if (owed === undefined) return false
  logger.warn(`Task ${head.task}[${head.id}] came once more though it has ended here; it is not run twice`)
  try {
    await (owed === 'ack' ? message.ack() : message.reject())
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error
    state.owed.add(head, owed) // the connection is lost once more
  }
  return true
}
