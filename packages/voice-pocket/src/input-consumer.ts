import { type JsonObject, type Logger, type MessageStepClass, messageStep } from '@voice-pocket/celery'
import type { Channel, Connection, Queue } from '@voice-pocket/kombu'
import { assertSenderMay, type SenderRules } from './access/senders.ts'
import { MalformedMessageError } from './exceptions.ts'
import { type Accepted, type HandlerRegistry, readSender } from './handlers.ts'
import type { Notices } from './notices.ts'
import { withPropertyOf } from './priority.ts'

/** What the input consumer is made of. */
export interface InputParts {
  readonly queue: Queue
  /** Where malformed messages wait for somebody to look at them. */
  readonly deadQueue: Queue | string
  readonly registry: Pick<HandlerRegistry, 'prepare'>
  /** Who may send for whom; everybody for everybody unless given. */
  readonly senders?: SenderRules | undefined
  /** To the broker that it takes messages from. */
  readonly connection: Pick<Connection, 'loadTransport'>
  readonly notices: Pick<Notices, 'rejected' | 'declare'>
  readonly logger: Logger
  /** A body with more bytes is refused unread. */
  readonly maxBodyBytes: number
}

/**
 * The service's own consumer, for `app.steps.consumer.add(…)`: it takes plain messages, which know nothing of Celery,
 * from the input queue. Whoever sent a malformed one is told, as far as can be read who that is. Any other failure
 * (no broker, index or disk) is nobody's fault: the message stays until everything is there again.
 */
export function inputMessageConsumerStep(parts: InputParts): MessageStepClass {
  const { queue, deadQueue, registry, senders, connection, notices, logger, maxBodyBytes } = parts
  const MessageStep = messageStep({
    name: 'InputMessageConsumerStep',
    queues: [queue],
    deadLetterQueue: deadQueue,
    maxBodyBytes,
    maxTries: Number.POSITIVE_INFINITY,
    messages: {
      async prepare(body, message) {
        const document = body as JsonObject
        const { type, run } = await registry.prepare(await withPropertyOf(message, document, connection))
        if (senders) assertSenderMay(senders, message.properties.userId, readSender(document))
        return { type, run: async () => tellAccepted(await run(undefined), logger) }
      },
    },
    async onReject(error) {
      if (error instanceof MalformedMessageError) await notices.rejected(error)
    },
  })
  return class InputMessageConsumerStep extends MessageStep {
    override async getConsumers(channel: Channel) {
      await notices.declare(channel) // nothing is taken while nobody could be told what became of it
      return super.getConsumers(channel)
    }
  }
}

function tellAccepted(accepted: Accepted, logger: Logger): void {
  logger.info(accepted, accepted.created ? 'request accepted' : 'request is known already')
}
