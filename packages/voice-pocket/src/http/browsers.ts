/** What browsers are told: what they may not do with an answer, and whose pages may ask. */
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
}
/** Answers are data; should one be taken for a page, it can do nothing. The documentation has a policy of its own. */
const POLICY = "default-src 'none'; frame-ancestors 'none'"

/** Nothing of anybody's is kept in a shared cache, also for callers whose key is not in `Authorization`. */
export function browserHeaders(isOpenToSites: boolean): MiddlewareHandler {
  return async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
    const { headers } = context.res
    if (!headers.has('Content-Security-Policy')) context.header('Content-Security-Policy', POLICY)
    context.header('Cross-Origin-Resource-Policy', isOpenToSites ? 'cross-origin' : 'same-origin')
    if (context.req.path.startsWith('/v1/') && !headers.has('Cache-Control')) {
      context.header('Cache-Control', 'private, no-store')
    }
  }
}

/** Whether pages of an origin may call, by the setting: `*`, or origins separated by commas; empty for none. */
export function originRule(setting: string): (origin: string) => boolean {
  const origins = setting
    .split(',')
    .map((origin) => origin.trim().toLowerCase())
    .filter((origin) => origin !== '')
  return (origin) => setting === '*' || (origin !== 'null' && origins.includes(origin.toLowerCase()))
}

/** https://fetch.spec.whatwg.org/#http-cors-protocol, without cookies: callers show who they are by a header. */
export function crossOrigin(allowsOrigin: (origin: string) => boolean): MiddlewareHandler {
  return cors({
    origin: (origin) => (allowsOrigin(origin) ? origin : undefined),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [], // whichever they send: OpenAI's client has a dozen of its own
    exposeHeaders: [
      ...['Location', 'ETag', 'Content-Range', 'Accept-Ranges', 'Content-Disposition'],
      ...['RateLimit', 'RateLimit-Policy', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
    ],
    maxAge: 600,
  })
}
