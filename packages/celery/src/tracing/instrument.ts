import { ProxyTracerProvider, type TracerProvider, trace } from '@opentelemetry/api'
import type { Celery } from '../app/celery.ts'
import { version } from '../version.ts'
import { traceMessage } from './message-span.ts'
import { tracePublish } from './publish-span.ts'
import { traceRun } from './run-span.ts'

export interface InstrumentOptions {
  /** Who makes the spans; the one that is registered with OpenTelemetry's API unless given. */
  readonly tracerProvider?: TracerProvider
}

const INSTRUMENTED = new WeakMap<Celery, () => void>()

/**
 * Makes OpenTelemetry spans of what an app sends and runs, with the names and attributes of Python's
 * `opentelemetry-instrumentation-celery`, and carries the trace in the headers of task messages where that one looks
 * for it (`traceparent`, `tracestate`; https://www.w3.org/TR/trace-context/), so that one trace goes through both.
 * 1. Call it in the module that exports the app: the children of a pool import that, and trace what they run.
 * 2. Propagator and context manager are those that are registered with OpenTelemetry's API, as
 *    `NodeTracerProvider.register()` does; without them no trace goes from one process to another.
 * 3. A worker, and each child of its pool, sends the spans that it still has before it ends.
 * 4. Without this call nothing of OpenTelemetry is loaded.
 *
 * Returns the function that takes it back. Called again for the same app, it changes nothing.
 */
export function instrument(app: Celery, { tracerProvider }: InstrumentOptions = {}): () => void {
  const existing = INSTRUMENTED.get(app)
  if (existing) return existing
  const provider = tracerProvider ?? trace.getTracerProvider()
  const tracer = provider.getTracer('@voice-pocket/celery', version)
  const flush = () => flushSpans(provider)
  const { signals } = app
  const { publish, run, message } = app.middleware
  const takeBack = [
    publish.use(tracePublish(tracer)),
    run.use(traceRun(tracer)),
    message.use(traceMessage(tracer)),
    signals.workerProcessShutdown.connect(flush),
    signals.workerShutdown.connect(flush),
  ]
  const undo = () => {
    for (const each of takeBack) each()
    INSTRUMENTED.delete(app)
  }
  INSTRUMENTED.set(app, undo)
  return undo
}

/** Those that wait to be sent in batches would be lost with their process. The SDK has a way to, the API has not. */
async function flushSpans(provider: TracerProvider): Promise<void> {
  const actual = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider
  if (canFlush(actual)) await actual.forceFlush()
}

function canFlush(provider: object): provider is { forceFlush(): Promise<void> } {
  return 'forceFlush' in provider && typeof provider.forceFlush === 'function'
}
