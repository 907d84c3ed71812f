import { type Message, Queue } from '@voice-pocket/kombu'
import type { Settings } from '../../app/defaults.ts'
import { ImproperlyConfigured, type MalformedMessageError } from '../../exceptions.ts'
import { type MessageDispatcher, type MessageHandler, MessageHandlers, type ReadType } from './handlers.ts'
import { readJsonObject } from './json-body.ts'

/** A handler for each type of message, by the type's name. */
export type HandlerTable<Bodies> = { readonly [Type in keyof Bodies]: MessageHandler<Bodies[Type]> }

export interface MessageStepOptions<Bodies = Record<string, unknown>> {
  /** In the log, in events and signals. */
  readonly name: string
  /** A name alone stands for a durable queue that others send to by its name. */
  readonly queues: readonly (Queue | string)[]
  readonly messages: HandlerTable<Bodies> | MessageDispatcher
  /** The field of the body that names the type, or what reads it from a header, the routing key, …; `type`. */
  readonly type?: string | ReadType
  /** Makes a value of the bytes; throws MalformedMessageError. Leniently labelled JSON objects unless given. */
  readonly read?: (message: Message, maxBodyBytes: number) => unknown
  /** A larger body is refused unread; 1 MiB. */
  readonly maxBodyBytes?: number
  /** How many messages of each queue the broker may have out here; 20. */
  readonly prefetchCount?: number
  /** How many are handled side by side; as many as are out here. */
  readonly concurrency?: number
  /** Acknowledge when it was handled (true, the default), or when it was read and is about to be handled. */
  readonly acksLate?: boolean
  /** How often a message may fail before it goes to the dead letters; 10. `Infinity`: for ever; 1: at once. */
  readonly maxTries?: number
  /** Milliseconds before a message that failed goes back to its queue, doubled with each time; 500. */
  readonly firstPauseMs?: number
  /** Milliseconds that such a pause takes at most; 30,000. */
  readonly longestPauseMs?: number
  /** Seconds that a handler may take, after which it counts as failed; 60. 0: any time, which may keep a worker from ending. */
  readonly timeLimit?: number
  /** Where messages go that cannot be handled; the worker's own (`workerDeadLetterQueue`) unless given. */
  readonly deadLetterQueue?: Queue | string
  /** Awaited before the dead letter is written, to tell the sender say; while it fails, the message is kept. */
  readonly onReject?: (error: MalformedMessageError, message: Message) => void | Promise<void>
}

type Filled = 'read' | 'maxBodyBytes' | 'prefetchCount' | 'concurrency' | 'acksLate'
type FilledToo = 'maxTries' | 'firstPauseMs' | 'longestPauseMs' | 'timeLimit' | 'onReject'

/** The options in full. */
export interface MessagePlan
  extends Required<Pick<MessageStepOptions, 'name' | Filled | FilledToo>>,
    Pick<MessageStepOptions, 'deadLetterQueue'> {
  readonly queues: readonly Queue[]
  readonly messages: MessageDispatcher
}

const DEFAULTS = {
  read: readJsonObject,
  maxBodyBytes: 1024 * 1024,
  /** Enough to keep a store busy, few enough that other workers get their share. */
  prefetchCount: 20,
  acksLate: true,
  maxTries: 10,
  firstPauseMs: 500,
  longestPauseMs: 30_000,
  timeLimit: 60,
  onReject: () => {},
} as const

/** What a timer can wait for, in milliseconds. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** The least and the most that each number may be. */
const BOUNDS = {
  maxBodyBytes: [1, Number.MAX_SAFE_INTEGER],
  /** As AMQP writes it. */
  prefetchCount: [1, 65_535],
  concurrency: [1, Number.POSITIVE_INFINITY],
  maxTries: [1, Number.POSITIVE_INFINITY],
  firstPauseMs: [0, LONGEST_WAIT_MS],
  longestPauseMs: [0, LONGEST_WAIT_MS],
  timeLimit: [0, Math.floor(LONGEST_WAIT_MS / 1000)],
} as const

/** @throws ImproperlyConfigured that names the step, the option and its bound */
export function resolvePlan<Bodies>(options: MessageStepOptions<Bodies>): MessagePlan {
  const { name, type, messages, queues, ...rest } = options
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const numbers = { ...DEFAULTS, ...(given as Partial<MessageStepOptions>) }
  const plan = {
    ...numbers,
    name,
    concurrency: numbers.concurrency ?? numbers.prefetchCount,
    queues: queues.map((queue) => (typeof queue === 'string' ? new Queue(queue) : queue)),
    messages: isDispatcher(messages) ? messages : handlersOf(messages, type),
  }
  assertUsable(plan)
  return Object.freeze(plan)
}

function assertUsable(plan: MessagePlan): void {
  const refuse = (problem: string) => new ImproperlyConfigured(`The step ${plan.name}: ${problem}`)
  for (const [option, [least, most]] of Object.entries(BOUNDS) as [keyof typeof BOUNDS, [number, number]][]) {
    const value: unknown = plan[option]
    if (typeof value === 'number' && value >= least && value <= most) continue
    throw refuse(`'${option}' is ${value} and must be a number from ${least} to ${most}.`)
  }
  if (plan.queues.length === 0) throw refuse(`'queues' is empty; name the queue that it takes messages from.`)
}

/** @throws ImproperlyConfigured when the step would read its own dead letters */
export function deadLetterQueueOf(
  { name, queues, deadLetterQueue }: MessagePlan,
  { workerDeadLetterQueue }: Pick<Settings, 'workerDeadLetterQueue'>,
): Queue {
  const dead = deadLetterQueue ?? workerDeadLetterQueue
  const queue = typeof dead === 'string' ? new Queue(dead) : dead
  if (!queues.some((taken) => taken.name === queue.name)) return queue
  throw new ImproperlyConfigured(
    `The step ${name} would read its own dead letters from '${queue.name}'; give 'deadLetterQueue' another name.`,
  )
}

function isDispatcher(messages: object): messages is MessageDispatcher {
  return 'prepare' in messages && typeof messages.prepare === 'function'
}

function handlersOf<Bodies>(table: HandlerTable<Bodies>, type?: string | ReadType): MessageHandlers {
  const handlers = new MessageHandlers(type)
  for (const [name, handler] of Object.entries(table) as [string, MessageHandler][])
    handlers.register(name, handler)
  return handlers
}
