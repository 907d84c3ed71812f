import { propagation, ROOT_CONTEXT, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Message } from '@voice-pocket/kombu'
import type { Middleware } from '../app/middleware.ts'
import { MESSAGING } from './attributes.ts'
import { inSpan } from './in-span.ts'

/** A span `process/QUEUE` around the handling of a message that is none of Celery's; its headers may name a parent. */
export function traceMessage(tracer: Tracer): Middleware<Message, void> {
  return (message, next) => {
    const { queue } = message.deliveryInfo
    const { messageId, correlationId } = message.properties
    const attributes = {
      [MESSAGING.destination]: queue,
      [MESSAGING.destinationKind]: 'queue',
      ...(messageId && { [MESSAGING.messageId]: messageId }),
      ...(correlationId && { [MESSAGING.conversationId]: correlationId }),
    }
    const parent = propagation.extract(ROOT_CONTEXT, message.headers)
    const span = tracer.startSpan(`process/${queue}`, { kind: SpanKind.CONSUMER, attributes }, parent)
    return inSpan(span, trace.setSpan(parent, span), next)
  }
}
