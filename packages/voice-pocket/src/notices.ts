import { type Channel, Exchange, type Producer, Queue } from '@voice-pocket/kombu'
import type { MalformedMessageError } from './exceptions.ts'
import type { OutputMessage } from './messages.ts'
import { toldError } from './speech/told-error.ts'

/** Where messages of one direction go. */
export interface Route {
  readonly exchange: string
  readonly queue: string
  readonly key: string
}

/** The durable queue of a route, with its durable direct exchange and the binding between them. */
export function queueOf({ exchange, queue, key }: Route): Queue {
  return new Queue(queue, { exchange: new Exchange(exchange, { type: 'direct' }), routingKey: key })
}

/** The request a notice is about. */
export interface NoticeSubject {
  readonly uuid: string
  readonly requestFrom: string
  readonly requestTo: string
  readonly taskId: string
}

/**
 * Tells whoever listens on the output queue how a request ended. The queue is declared before each channel's first
 * notice, so that a notice waits there also when nobody listens yet; each is persistent, and confirmed by the broker
 * before the promise resolves. A listener may hear the same notice twice (after a crash), never none.
 */
export class Notices {
  readonly #producer: Pick<Producer, 'publish'>
  readonly #queue: Queue

  constructor(producer: Pick<Producer, 'publish'>, route: Route) {
    this.#producer = producer
    this.#queue = queueOf(route)
  }

  /** Declares where notices go. Rejects ChannelError when it is there already in another form. */
  async declare(channel: Channel): Promise<void> {
    await this.#queue.declare(channel)
  }

  succeeded(subject: NoticeSubject, { key, url }: { key: string; url: string }): Promise<void> {
    return this.#send({ ...about(subject), state: 'SUCCESS', key, url })
  }

  /** What needed no task is done. */
  done({ type, uuid, email }: { type: string; uuid: string; email: string }): Promise<void> {
    return this.#send({ ...NOTHING, type, uuid, requestFrom: email, requestTo: email, state: 'SUCCESS' })
  }

  failed(subject: NoticeSubject, error: Error): Promise<void> {
    return this.#send({ ...about(subject), state: 'FAILURE', error: { ...toldError(error), reason: null } })
  }

  revoked(subject: NoticeSubject, detail: string): Promise<void> {
    return this.#send({
      ...about(subject),
      state: 'REVOKED',
      error: { title: 'Cancelled', detail, reason: null },
    })
  }

  /** Only where the uuid could be read: without it nobody could tell which request is meant. */
  async rejected({ sender, reason, message: detail }: MalformedMessageError): Promise<void> {
    const { type = null, uuid, requestFrom = null, requestTo = null } = sender
    if (uuid === undefined) return
    const error = { title: 'The message was not accepted', detail, reason }
    await this.#send({ ...NOTHING, type, uuid, requestFrom, requestTo, state: 'REJECTED', error })
  }

  async #send(notice: OutputMessage): Promise<void> {
    await this.#producer.publish(notice, {
      exchange: this.#queue.exchange,
      routingKey: this.#queue.routingKey,
      declare: [this.#queue],
      serializer: 'json',
      deliveryMode: 2,
      correlationId: notice.uuid,
    })
  }
}

const NOTHING = { task_id: null, key: null, url: null, error: null } as const

function about({ uuid, requestFrom, requestTo, taskId }: NoticeSubject) {
  return { ...NOTHING, type: 'ETL', uuid, requestFrom, requestTo, task_id: taskId }
}
