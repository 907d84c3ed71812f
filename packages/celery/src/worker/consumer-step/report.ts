/** What is told of a foreign message: to the log, the signals, and in events to whoever monitors the worker. */
import type { Message } from '@voice-pocket/kombu'
import type { Celery } from '../../app/celery.ts'
import type { EventDispatcher } from '../../events/dispatcher.ts'
import type { MalformedMessageError } from '../../exceptions.ts'
import type { Logger } from '../../logger.ts'
import type { SignalledMessage } from '../../signals.ts'
import { GivenUp } from './running-handlers.ts'

export interface MessageReporterParts {
  readonly step: string
  readonly hostname: string
  readonly signals: Celery['signals']
  readonly events: Pick<EventDispatcher, 'send' | 'wants'>
  readonly logger: Logger
}

/** The group of the events' names: monitors of Celery keep account of `task-` and `worker-`, and pass over others. */
const GROUP = 'message'

export class MessageReporter {
  readonly #parts: MessageReporterParts

  constructor(parts: MessageReporterParts) {
    this.#parts = parts
  }

  async received(message: Message): Promise<void> {
    const subject = this.#subject(message, undefined)
    this.#send('received', subject)
    await this.#parts.signals.messageReceived.send({ message: subject }, this.#parts.logger)
  }

  /** Told before a late acknowledgement, as of tasks. @param runtime seconds */
  async handled(message: Message, type: string, runtime: number): Promise<void> {
    const subject = this.#subject(message, type)
    this.#parts.logger.debug(`${titleOf(subject)} handled in ${runtime.toFixed(3)}s`)
    this.#send('handled', subject, { runtime })
    await this.#parts.signals.messageHandled.send({ message: subject, runtime }, this.#parts.logger)
  }

  /** It goes to the dead letters. */
  async rejected(message: Message, type: string | undefined, error: MalformedMessageError): Promise<void> {
    const { signals, logger, step } = this.#parts
    const subject = this.#subject(message, type)
    const { reason, message: detail } = error
    logger.warn({ step, reason }, `${titleOf(subject)} goes to the dead letters: ${reason}: ${detail}`)
    this.#send('rejected', subject, { reason, detail })
    await signals.messageRejected.send({ message: subject, reason, detail }, logger)
  }

  /** It goes back to its queue. */
  async requeued(message: Message, type: string | undefined, error: unknown, pauseMs: number): Promise<void> {
    const { signals, logger } = this.#parts
    const subject = this.#subject(message, type)
    if (error instanceof GivenUp) logger.info(`${titleOf(subject)} goes back to its queue: ${error.message}`)
    else logger.error({ err: error }, `${titleOf(subject)} failed: back to its queue in ${pauseMs} ms`)
    this.#send('requeued', subject, { exception: String(error), pause: pauseMs / 1000 })
    await signals.messageRequeued.send({ message: subject, error, pauseMs }, logger)
  }

  #subject(message: Message, type: string | undefined): SignalledMessage {
    const { step, hostname } = this.#parts
    const { messageId: id } = message.properties
    return { step, hostname, queue: message.deliveryInfo.queue, type, id }
  }

  /** snake_case is the wire. */
  #send(what: string, { step, queue, type, id }: SignalledMessage, fields: object = {}): void {
    const { events } = this.#parts
    if (!events.wants(GROUP)) return
    const subject = { step, queue, message_type: type ?? null, message_id: id ?? null }
    events.send(`${GROUP}-${what}`, { ...subject, ...fields })
  }
}

function titleOf({ type, queue, id }: SignalledMessage): string {
  return `Message ${type ?? 'of no known type'}${id === undefined ? '' : `[${id}]`} on ${queue}`
}
