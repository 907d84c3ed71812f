import { setTimeout as delay } from 'node:timers/promises'
import { type ChannelSource, ConsumerStep, type Logger, type StepClass } from '@voice-pocket/celery'
import { type Channel, Consumer, type Message, type Queue } from '@voice-pocket/kombu'
import { MalformedMessageError } from './exceptions.ts'
import type { HandlerRegistry } from './handlers.ts'
import { readBody } from './message-body.ts'
import type { Notices } from './notices.ts'

/** The verbs of the input consumer. */
export interface InputVerbs {
  readonly registry: Pick<HandlerRegistry, 'dispatch'>
  readonly notices: Pick<Notices, 'rejected' | 'declare'>
  readonly logger: Logger
  /** A body with more bytes is refused unread. */
  readonly maxBodyBytes: number
  /** Keeps the message in the dead-letter queue with the reason, then acknowledges it. */
  bury(message: Message, error: MalformedMessageError): Promise<void>
}

/** Enough to keep the store and the broker busy, few enough that other workers get their share. */
const PREFETCH = 20

/** After a failure that is not the message's fault; doubled each time until something works again. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

/**
 * What becomes of one plain message, decided here and nowhere else:
 *
 *     the handler resolves           acknowledged
 *     MalformedMessageError          notice (where the uuid can be read), then the dead-letter queue, then acknowledged
 *     any other error                after a pause back to its queue: broker, index or disk may be there again by then
 *     the connection is lost         nothing: the broker delivers it again
 */
export class InputMessageHandler {
  readonly #verbs: InputVerbs
  readonly #stopping = new AbortController()
  #pause: Promise<void> | undefined
  #pauseMs = FIRST_PAUSE_MS

  constructor(verbs: InputVerbs) {
    this.#verbs = verbs
  }

  /** Never rejects. */
  async onMessage(message: Message): Promise<void> {
    try {
      const accepted = await this.#verbs.registry.dispatch(readBody(message, this.#verbs.maxBodyBytes))
      await message.ack()
      this.#pauseMs = FIRST_PAUSE_MS
      this.#verbs.logger.info(accepted, accepted.created ? 'request accepted' : 'request is known already')
    } catch (error) {
      if (error instanceof MalformedMessageError) await this.#bury(message, error)
      else await this.#giveBack(message, error)
    }
  }

  /** Ends the pause: what waits goes back to its queue at once, for another worker. */
  stop(): void {
    this.#stopping.abort()
  }

  async #bury(message: Message, error: MalformedMessageError): Promise<void> {
    const { notices, logger } = this.#verbs
    try {
      // The notice first: if the process dies in between it is sent again, whereas afterwards nobody would send it.
      await notices.rejected(error)
      await this.#verbs.bury(message, error)
      const { reason, sender } = error
      logger.warn(
        { reason, detail: error.message, ...sender },
        'malformed message: moved to the dead-letter queue',
      )
    } catch (failure) {
      await this.#giveBack(message, failure)
    }
  }

  async #giveBack(message: Message, error: unknown): Promise<void> {
    const { logger } = this.#verbs
    if (message.acknowledged || !message.channel.isOpen) {
      logger.warn(
        { err: error },
        'connection lost before a message was settled: the broker delivers it again',
      )
      return
    }
    logger.error({ err: error }, `message not served: back to its queue in ${this.#pauseMs} ms`)
    await this.#waitABit()
    try {
      if (message.channel.isOpen) await message.requeue()
    } catch (failure) {
      logger.warn(
        { err: failure },
        'message not requeued: the broker delivers it again when the channel is closed',
      )
    }
  }

  /** One pause for all that fail meanwhile; with the prefetch it bounds how often anything is tried. */
  #waitABit(): Promise<void> {
    this.#pause ??= this.#sleep().finally(() => {
      this.#pause = undefined
    })
    return this.#pause
  }

  async #sleep(): Promise<void> {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    try {
      await delay(pauseMs, undefined, { signal: this.#stopping.signal })
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error
    }
  }
}

/** What the step asks of the worker's consumer that it is part of. */
export interface InputStepParent extends ChannelSource {
  /** Makes connection, channels and consumers anew. */
  restart(reason: Error): void
}

/** The class of the step below. */
interface InputStepClass extends StepClass<InputStepParent> {
  new (parent: InputStepParent): ConsumerStep<InputStepParent>
}

/**
 * The service's own consumer, for `app.steps.consumer.add(…)`: it takes plain messages from the input queue, which
 * know nothing of Celery. It looks at raw bodies instead of decoded ones, so that no message is refused before
 * somebody can say why; what is read is `ACCEPTED_CONTENT_TYPES`.
 */
export function inputMessageConsumerStep(queue: Queue, verbs: InputVerbs): InputStepClass {
  return class InputMessageConsumerStep extends ConsumerStep<InputStepParent> {
    readonly #handler = new InputMessageHandler(verbs)
    readonly #parent: InputStepParent

    constructor(parent: InputStepParent) {
      super()
      this.#parent = parent
    }

    override async getConsumers(channel: Channel): Promise<readonly Consumer[]> {
      await verbs.notices.declare(channel) // nothing is taken while nobody could be told what became of it
      const consumer = new Consumer(channel, {
        queues: [queue],
        onMessage: (message) => this.#handler.onMessage(message),
        onCancel: (name) =>
          this.#parent.restart(new Error(`The queue ${name} was deleted while it was consumed`)),
        prefetchCount: PREFETCH,
        tagPrefix: 'input-',
      })
      return [consumer]
    }

    override async stop(parent: InputStepParent): Promise<void> {
      this.#handler.stop()
      await super.stop(parent)
    }
  }
}
