import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { type Check, runChecks } from '../../check.ts'

/** Below the patience of the usual probes (Kubernetes: one second by default, mostly set to a few). */
const CHECK_TIMEOUT_MS = 3_000

const readinessSchema = z
  .object({
    status: z.enum(['ready', 'not ready']),
    checks: z
      .array(
        z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), remedy: z.string().optional() }),
      )
      .optional()
      .meta({ description: 'Only for callers who act for everybody.' }),
  })
  .openapi('Readiness')

const tags = ['health']
const readiness = (description: string) => ({
  description,
  content: { 'application/json': { schema: readinessSchema } },
})

const liveRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether this process answers at all',
  security: [],
  tags,
  responses: {
    200: {
      description: 'It does.',
      content: { 'application/json': { schema: z.object({ status: z.literal('ok') }) } },
    },
  },
})

const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Whether everything it needs answers',
  security: [{}, { bearer: [] }, { apiKey: [] }],
  tags,
  responses: { 200: readiness('All of it does.'), 503: readiness('Something does not; `checks` says what.') },
})

export function addHealthRoutes(app: OpenAPIHono, checks: readonly Check[]): void {
  app.openapi(liveRoute, (context) => context.json({ status: 'ok' as const }, 200))
  app.openapi(readyRoute, async (context) => {
    const results = await runChecks(checks, CHECK_TIMEOUT_MS)
    context.header('Cache-Control', 'no-store')
    const seen = context.var.caller?.emails === 'any' ? { checks: results } : {}
    return results.every(({ ok }) => ok)
      ? context.json({ status: 'ready' as const, ...seen }, 200)
      : context.json({ status: 'not ready' as const, ...seen }, 503)
  })
}
