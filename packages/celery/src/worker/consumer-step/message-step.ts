import { type Channel, Consumer, DeadLetters, type Message } from '@voice-pocket/kombu'
import type { Celery } from '../../app/celery.ts'
import { type ChannelSource, ConsumerStep, type StepClass } from '../../bootsteps.ts'
import type { EventDispatcher } from '../../events/dispatcher.ts'
import { MessageIntake } from './message-intake.ts'
import { deadLetterQueueOf, type MessagePlan, type MessageStepOptions, resolvePlan } from './options.ts'
import { MessageReporter } from './report.ts'
import { Tries } from './tries.ts'

/** To settle what the handlers left, also where the broker is slow. */
const SETTLING_MS = 30_000

const ENDS_AT_ONCE = 'the worker ends at once'

/** What the step asks of the worker's consumer that it is a part of. */
export interface MessageStepParent extends ChannelSource {
  readonly app: Pick<Celery, 'conf' | 'connection' | 'middleware' | 'signals'>
  readonly hostname: string
  readonly parts: { readonly events: Pick<EventDispatcher, 'send' | 'wants'> }
  /** Whether it stops for good, or only to be made anew with the next connection. */
  readonly isStopping: boolean
  /** Aborts when what runs is not to be waited for. */
  readonly givingUp: AbortSignal
  /** Makes connection, channels and consumers anew. */
  restart(reason: Error): void
}

/** The class of a step as it is declared; a program may extend it, as any ConsumerStep. */
export interface MessageStepClass
  extends Pick<StepClass<MessageStepParent>, keyof StepClass<MessageStepParent>> {
  new (parent: MessageStepParent): MessageStep
}

/**
 * A consumer of messages that are no tasks, for `app.steps.consumer.add(…)`: a schema and a handler for each type.
 * What becomes of a message is written in `message-intake.ts`, the options in `options.ts`.
 * @throws ImproperlyConfigured for an option out of its bounds
 */
export function messageStep<Bodies>(options: MessageStepOptions<Bodies>): MessageStepClass {
  const plan = resolvePlan(options)
  const tries = new Tries() // outlives the connections
  const named = {
    [plan.name]: class extends MessageStep {
      constructor(parent: MessageStepParent) {
        super(parent, plan, tries)
      }
    },
  }
  return named[plan.name] as MessageStepClass
}

/**
 * 1. Takes raw bodies instead of decoded ones, so that none is refused before somebody can say why.
 * 2. When the worker ends, it takes no more, gives back what has not begun and finishes what has.
 * 3. When only the connection is made anew, and when all is given up, it waits for no handler: their signals abort,
 *    and the messages are delivered again. What was acknowledged before it was handled goes on.
 */
export class MessageStep extends ConsumerStep<MessageStepParent> {
  /** Its handlers end by themselves, at their time limit at the latest. */
  override readonly stopsWithinMs: number
  readonly #parent: MessageStepParent
  readonly #plan: MessagePlan
  readonly #deadLetters: DeadLetters
  readonly #intake: MessageIntake
  readonly #running = new Set<Promise<void>>()
  readonly #stopped = new AbortController()

  constructor(parent: MessageStepParent, plan: MessagePlan, tries: Tries) {
    super()
    const { app, hostname, logger, parts } = parent
    const { signals } = app
    this.stopsWithinMs = plan.timeLimit > 0 ? plan.timeLimit * 1000 + SETTLING_MS : Number.POSITIVE_INFINITY
    this.#parent = parent
    this.#plan = plan
    this.#deadLetters = new DeadLetters(app.connection, { queue: deadLetterQueueOf(plan, app.conf) })
    this.#intake = new MessageIntake({
      plan,
      tries,
      reporter: new MessageReporter({ step: plan.name, hostname, signals, events: parts.events, logger }),
      deadLetters: this.#deadLetters,
      logger,
      around: app.middleware.message,
    })
  }

  override get name(): string {
    return this.#plan.name
  }

  override getConsumers(channel: Channel): readonly Consumer[] | Promise<readonly Consumer[]> {
    const { quieting, givingUp } = this.#parent
    void channel.closed.then((reason) => reason && this.#disconnected())
    const once = { once: true, signal: this.#stopped.signal }
    quieting.addEventListener('abort', () => this.#intake.quiet(), once)
    givingUp.addEventListener('abort', () => this.#intake.giveUp(ENDS_AT_ONCE), once)
    return [
      new Consumer(channel, {
        queues: this.#plan.queues,
        onMessage: (message) => this.#take(message),
        onCancel: (name) =>
          this.#parent.restart(new Error(`The queue ${name} was deleted while it was consumed`)),
        prefetchCount: this.#plan.prefetchCount,
        tagPrefix: `${this.name}-`,
      }),
    ]
  }

  override async stop(parent: MessageStepParent): Promise<void> {
    const cancelled = this.cancel() // first, so that what is given back does not come here again
    this.#intake.quiet()
    if (parent.givingUp.aborted) this.#intake.giveUp(ENDS_AT_ONCE)
    if (!parent.isStopping) this.#disconnected()
    try {
      if (parent.isStopping || this.#plan.acksLate) await Promise.all(this.#running)
      await cancelled
    } finally {
      this.#stopped.abort()
      await super.stop(parent)
      await this.#deadLetters.close()
    }
  }

  #take(message: Message): void {
    const taken = this.#intake.onMessage(message).finally(() => this.#running.delete(taken))
    this.#running.add(taken)
  }

  /** Messages that were acknowledged before they are handled are not delivered again. */
  #disconnected(): void {
    if (this.#plan.acksLate) this.#intake.giveUp('the connection to the broker is made anew')
    else this.#intake.quiet()
  }
}
