/** An app that traces what it sends and runs; spans are appended to a file, so that a test hears of its children's. */
import { appendFileSync, readFileSync } from 'node:fs'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node'
import { Celery, type LooseSettings } from '../../src/index.ts'
import { instrument } from '../../src/tracing/index.ts'

/** What the tests look at of a span. */
export interface TracedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly pid: number
  readonly isError: boolean
  readonly events: readonly string[]
  readonly attributes: Readonly<Record<string, unknown>>
}

export class FileSpanExporter implements SpanExporter {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  export(spans: ReadableSpan[], onDone: (result: { code: number }) => void): void {
    for (const span of spans) appendFileSync(this.#path, `${JSON.stringify(toTraced(span))}\n`)
    onDone({ code: 0 })
  }

  async shutdown(): Promise<void> {}
}

export function toTraced(span: ReadableSpan): TracedSpan {
  const { traceId, spanId } = span.spanContext()
  return {
    ...{ name: span.name, traceId, spanId, parentId: span.parentSpanContext?.spanId, pid: process.pid },
    isError: span.status.code === SpanStatusCode.ERROR,
    events: span.events.map(({ name }) => name),
    attributes: span.attributes,
  }
}

export function readSpans(path: string): readonly TracedSpan[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line))
}

export function createTracedApp(settings: LooseSettings = {}): Celery {
  const app = new Celery('traced', settings)
  const tracer = trace.getTracer('user')
  app.task('js.traced', (name: string) =>
    tracer.startActiveSpan(name, (span) => {
      span.end()
      return trace.getActiveSpan()?.spanContext().traceId
    }),
  )
  app.task('js.fail', (text: string) => {
    throw new RangeError(text)
  })
  app.task('js.call', async (name: string, queue: string) => (await app.sendTask(name, { queue })).id)
  app.task(
    'js.retry',
    async (self) => {
      if (self.request.retries === 0) await self.retry({ countdown: 0.01, exc: new Error('not yet') })
      return self.request.retries
    },
    { bind: true },
  )
  instrument(app)
  return app
}

const { SPANS_FILE, TRACED_SETTINGS } = process.env
if (SPANS_FILE !== undefined)
  new NodeTracerProvider({
    // Its first batch would be sent in a minute: who reads the file sees what children send when they end.
    spanProcessors: [
      new BatchSpanProcessor(new FileSpanExporter(SPANS_FILE), { scheduledDelayMillis: 60_000 }),
    ],
  }).register()

/** What the children of a worker's pool import. */
export const app = createTracedApp(JSON.parse(TRACED_SETTINGS ?? '{}'))
