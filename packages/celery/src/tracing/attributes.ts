/** The attributes of spans, named as Python's `opentelemetry-instrumentation-celery` names them. */
import type { Attributes } from '@opentelemetry/api'

/** Of OpenTelemetry's semantic conventions as they were when that instrumentation took them over. */
export const MESSAGING = {
  messageId: 'messaging.message.id',
  conversationId: 'messaging.conversation_id',
  destination: 'messaging.destination',
  destinationKind: 'messaging.destination_kind',
} as const

/** What a call and the request that comes of it have in common. */
interface Traced {
  readonly id: string
  readonly task: string
  readonly eta?: string | undefined
  readonly expires?: string | undefined
  readonly retries?: number
  /** Seconds: [hard, soft]. */
  readonly timelimit?: readonly [number | undefined, number | undefined]
}

/** Of what is not set there is no attribute. */
export function attributesOf({
  id,
  task,
  eta,
  expires,
  retries,
  timelimit = [undefined, undefined],
}: Traced): Attributes {
  const hasLimit = timelimit.some((limit) => limit !== undefined)
  return {
    [MESSAGING.messageId]: id,
    'celery.task_name': task,
    ...(eta && { 'celery.eta': eta }),
    ...(expires && { 'celery.expires': expires }),
    ...(retries && { 'celery.retries': retries }),
    ...(hasLimit && { 'celery.timelimit': timelimit.map((limit) => String(limit ?? '')) }),
  }
}
