/** What to do with a task message, decided once and in order. Everything it needs comes in as verbs. */
import { type Message, SerializationError } from '@voice-pocket/kombu'
import { parseTime } from '../app/iso-time.ts'
import { readHead, receivedFields, type TaskHead } from '../app/protocol.ts'
import { failUnrun } from '../app/unrun.ts'
import { InvalidTaskError, NotRegistered } from '../exceptions.ts'
import { hasSucceeded } from './deduplication.ts'
import type { PrefetchCount } from './prefetch.ts'
import type { RateLimits } from './rate-limits.ts'
import { belongsToRun } from './redelivery.ts'
import { Request, type RequestParts, toWire } from './request.ts'
import type { Timer } from './timer.ts'

export interface StrategyParts extends RequestParts {
  readonly timer: Timer
  readonly prefetch: PrefetchCount
  readonly rateLimits: RateLimits
}

/** How long a message that could not be dealt with is kept before it is given back: what is away may return. */
const GIVE_BACK_AFTER_MS = 1000

/** Never rejects: what is not settled here goes on to `Request`, which settles it. */
export async function receive(message: Message, parts: StrategyParts): Promise<void> {
  try {
    await decide(message, parts)
  } catch (error) {
    giveBack(message, error, parts)
  }
}

async function decide(message: Message, parts: StrategyParts): Promise<void> {
  const head = await open(message, parts)
  if (head === undefined) return
  if (!parts.app.tasks.has(head.task)) return rejectUnknown(message, head, parts)
  if (await belongsToRun(message, head, parts)) return
  const request = new Request(message, head, parts)
  await parts.reporter.received(request, receivedFields(message, head))
  const eta = head.eta === undefined ? undefined : parseTime(head.eta)
  if (eta === undefined || eta <= parts.timer.now()) return begin(request, parts)
  await hold(request, eta, parts)
}

/** An unsettled message would take a place of the prefetch count for as long as the channel lives. */
function giveBack(message: Message, error: unknown, { timer, logger }: StrategyParts): void {
  const { queue } = message.deliveryInfo
  const fate = message.acknowledged ? 'it is gone' : 'it is delivered again'
  logger.error({ err: error }, `A message on ${queue} could not be dealt with; ${fate}`)
  if (message.acknowledged) return
  timer.callAt(timer.now() + GIVE_BACK_AFTER_MS, () => {
    message.requeue().catch((cause: unknown) => logger.error({ err: cause }, 'It could not be given back'))
  })
}

/** As soon as the rate limit of its task lets it. */
function begin(request: Request, parts: StrategyParts): Promise<void> {
  return parts.rateLimits.pass(request.name, () => admit(request, parts))
}

/** The last questions before a task runs: its answers may have changed while it was held. Never rejects. */
async function admit(request: Request, parts: StrategyParts): Promise<void> {
  const { expires } = request.head
  try {
    if (parts.state.revoked.has(request.id) || parts.state.revoked.hasStamps(request.stamps))
      await request.discard('revoked')
    else if (expires !== undefined && parseTime(expires) <= parts.timer.now())
      await request.discard('expired')
    else if (await hasSucceeded(request, parts.app)) await request.discardDone()
    else await request.run()
  } catch (error) {
    giveBack(request.message, error, parts)
  }
}

/** Keeps a message until its time. It stays unacknowledged: a worker that ends gives it back. */
async function hold(request: Request, eta: number, parts: StrategyParts): Promise<void> {
  const { timer, prefetch, state, logger } = parts
  state.held.set(request, eta)
  timer.callAt(eta, () => {
    state.held.delete(request)
    prefetch.letGo().catch((error: unknown) => logger.error({ err: error }, 'The prefetch count is not set'))
    void begin(request, parts)
  })
  await prefetch.hold()
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
    await failWhereKnown(message, error, app)
    await app.signals.taskRejected.send({ message, exception: error }, logger)
    await deadLetters.put(message, error.message)
    return undefined
  }
}

/** Whoever waits for the result of a message that cannot be read need not wait for ever. */
async function failWhereKnown(message: Message, error: Error, app: StrategyParts['app']): Promise<void> {
  const { id } = message.headers
  const { replyTo } = message.properties
  if (typeof id !== 'string' || id === '') return
  await (await app.backend()).markAsFailure(id, error, undefined, { replyTo })
}

async function rejectUnknown(message: Message, head: TaskHead, parts: StrategyParts): Promise<void> {
  const { app, deadLetters, logger, hostname } = parts
  const error = new NotRegistered(head.task)
  logger.error(
    `A message on ${message.deliveryInfo.queue} goes to the dead letters: ${error.message} [${head.id}]`,
  )
  await failUnrun(app, { head, wire: toWire(message, hostname) }, error)
  parts.reporter.unknown(head)
  const { signals } = app
  await signals.taskUnknown.send(
    { message, exception: error, name: head.task, id: head.id },
    logger,
    head.task,
  )
  await deadLetters.put(message, error.message)
}
