import { type Attributes, context, propagation, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Middleware, Publication } from '../app/middleware.ts'
import { attributesOf, MESSAGING } from './attributes.ts'
import { inSpan } from './in-span.ts'

/** A span `apply_async/NAME` around the sending of a task; its trace goes into the message's headers. */
export function tracePublish(tracer: Tracer): Middleware<Publication, void> {
  return (publication, next) => {
    const { task } = publication.call
    const options = { kind: SpanKind.PRODUCER, attributes: attributesOfPublication(publication) }
    const span = tracer.startSpan(`apply_async/${task}`, options)
    const inside = trace.setSpan(context.active(), span)
    propagation.inject(inside, publication.headers)
    return inSpan(span, inside, next)
  }
}

function attributesOfPublication({ call, exchange, routingKey, queue }: Publication): Attributes {
  return {
    'celery.action': 'apply_async',
    [MESSAGING.destination]: routingKey,
    ...(queue !== null && { [MESSAGING.destinationKind]: 'queue', 'celery.queue': queue }),
    ...(exchange !== '' && { 'celery.exchange': exchange }),
    ...attributesOf(call),
    ...(call.origin && { 'celery.hostname': call.origin }),
  }
}
