import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'

/** Where the numbers come from; `WorkerMetrics.register` is one. */
export interface MetricsSource {
  readonly contentType: string
  metrics(): Promise<string>
}

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  summary: "Numbers of this process, in Prometheus' text format",
  tags: ['health'],
  responses: {
    200: { description: 'All of them.', content: { 'text/plain': { schema: z.string() } } },
  },
})

export function addMetricsRoute(app: OpenAPIHono, source: MetricsSource): void {
  app.openapi(metricsRoute, async (context) => {
    const text = await source.metrics()
    return context.text(text, 200, { 'Content-Type': source.contentType, 'Cache-Control': 'no-store' })
  })
}
