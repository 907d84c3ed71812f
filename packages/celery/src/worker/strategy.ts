/** What to do with a task message, decided once and in order. Everything it needs comes in as verbs. */
import { type Message, SerializationError } from '@voice-pocket/kombu'
import { parseTime, readHead, type TaskHead } from '../app/protocol.ts'
import { InvalidTaskError, NotRegistered } from '../exceptions.ts'
import type { PrefetchCount } from './prefetch.ts'
import { Request, type RequestParts } from './request.ts'
import type { Timer } from './timer.ts'

export interface StrategyParts extends RequestParts {
  readonly timer: Timer
  readonly prefetch: PrefetchCount
}

/** Never rejects for a message's sake: what is not settled here goes on to `Request`, which settles it. */
export async function receive(message: Message, parts: StrategyParts): Promise<void> {
  const head = await open(message, parts)
  if (head === undefined) return
  if (!parts.app.tasks.has(head.task)) return rejectUnknown(message, head, parts)
  if (isRunningHere(message, head, parts)) return
  parts.logger.info(`Task ${head.task}[${head.id}] received`)
  const request = new Request(message, head, parts)
  const eta = head.eta === undefined ? undefined : parseTime(head.eta)
  if (eta === undefined || eta <= Date.now()) return admit(request, parts)
  await hold(request, eta, parts)
}

/** A lost connection gives back what this worker still runs: such a message joins the run it belongs to. */
function isRunningHere(message: Message, head: TaskHead, { state, logger }: StrategyParts): boolean {
  const running = message.deliveryInfo.redelivered ? state.reserved.get(head.id) : undefined
  if (running?.acksLate !== true || running.head.retries !== head.retries || !running.adopt(message))
    return false
  logger.warn(`Task ${head.task}[${head.id}] came once more while it runs here; it is not run twice`)
  return true
}

/** The last questions before a task runs: its answers may have changed while it was held. */
async function admit(request: Request, { state }: StrategyParts): Promise<void> {
  if (state.isRevoked(request.id)) return request.discard('revoked')
  const { expires } = request.head
  if (expires !== undefined && parseTime(expires) <= Date.now()) return request.discard('expired')
  return request.run()
}

/** Keeps a message until its time. It stays unacknowledged: a worker that ends gives it back. */
async function hold(request: Request, eta: number, parts: StrategyParts): Promise<void> {
  const { timer, prefetch, logger } = parts
  await prefetch.hold()
  timer.callAt(eta, () => {
    const failed = (error: unknown) =>
      logger.error({ err: error, id: request.id }, 'A held task could not be run')
    prefetch.letGo().catch(failed)
    admit(request, parts).catch(failed)
  })
}

async function open(
  message: Message,
  { app, deadLetters, logger }: StrategyParts,
): Promise<TaskHead | undefined> {
  try {
    return readHead(message, app.conf.acceptContent)
  } catch (error) {
    if (!(error instanceof InvalidTaskError) && !(error instanceof SerializationError)) throw error
    const { queue } = message.deliveryInfo
    logger.error(`A message on ${queue} goes to the dead letters: ${error.message}`)
    await deadLetters.put(message, error.message)
    return undefined
  }
}

async function rejectUnknown(message: Message, head: TaskHead, { app, deadLetters, logger }: StrategyParts) {
  const error = new NotRegistered(head.task)
  logger.error(
    `A message on ${message.deliveryInfo.queue} goes to the dead letters: ${error.message} [${head.id}]`,
  )
  const backend = await app.backend()
  await backend.markAsFailure(head.id, error, undefined, { task: head.task })
  await deadLetters.put(message, error.message)
}
