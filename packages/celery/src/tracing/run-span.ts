import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Context } from '../app/context.ts'
import type { Middleware } from '../app/middleware.ts'
import { OUTCOME_STATES } from '../app/outcome-states.ts'
import type { Outcome } from '../app/trace.ts'
import { attributesOf, MESSAGING } from './attributes.ts'
import { inSpan, recordThrown } from './in-span.ts'

/**
 * A span `run/NAME` around the run of a task, a child of the one that sent it. It is the active one for the task's own
 * code, and for what comes after it: the next of a chain belongs to the same trace.
 */
export function traceRun(tracer: Tracer): Middleware<Context, Outcome> {
  return (request, next) => {
    // What happens to be active where a worker was started has nothing to do with the tasks that it gets.
    const outside = request.isEager ? context.active() : ROOT_CONTEXT
    const parent = propagation.extract(outside, request.headers)
    const options = { kind: SpanKind.CONSUMER, attributes: attributesOfRun(request) }
    const span = tracer.startSpan(`run/${request.task}`, options, parent)
    return inSpan(span, trace.setSpan(parent, span), async () => {
      const outcome = await next() // it throws where its result cannot be stored: it has no outcome yet
      tell(span, outcome)
      return outcome
    })
  }
}

function attributesOfRun(request: Context): Attributes {
  const { correlationId, replyTo, deliveryInfo, hostname } = request
  return {
    'celery.action': 'run',
    'celery.hostname': hostname,
    [MESSAGING.destination]: deliveryInfo.routingKey,
    ...attributesOf(request),
    ...(correlationId && { [MESSAGING.conversationId]: correlationId }),
    ...(replyTo && { 'celery.reply_to': replyTo }),
  }
}

function tell(span: Span, outcome: Outcome): void {
  span.setAttribute('celery.state', OUTCOME_STATES[outcome.kind])
  if (outcome.kind === 'failure' && !outcome.expected) recordThrown(span, outcome.error)
  if (outcome.kind !== 'retry') return
  const reason = { 'celery.retry.reason': outcome.error.message }
  span.setAttributes(reason)
  span.addEvent('retry', reason)
}
