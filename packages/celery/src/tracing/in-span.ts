import { type Context, context, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { ThrownError } from '../app/trace.ts'
import { describe } from '../describe.ts'

/** Does the work with its span active, and ends the span with it; what it throws is told by the span. */
export function inSpan<Result>(span: Span, inside: Context, work: () => Promise<Result>): Promise<Result> {
  return context.with(inside, async () => {
    try {
      return await work()
    } catch (error) {
      record(span, error instanceof Error ? error : { name: 'Error', message: describe(error) })
      throw error
    } finally {
      span.end()
    }
  })
}

/** Of an error that has become text. */
export function recordThrown(span: Span, { name, message, traceback }: ThrownError): void {
  record(span, { name, message, stack: traceback })
}

function record(span: Span, error: { name: string; message: string; stack?: string }): void {
  span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}
