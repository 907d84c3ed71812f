import type { MiddlewareHandler } from 'hono'

/**
 * HEAD is answered by what answers GET, and of that answer the framework drops the body. One that is a stream would
 * then wait for ever for somebody to read it, with the files and subscriptions it holds: it is told that nobody will.
 */
export const headWithoutBody: MiddlewareHandler = async (context, next) => {
  await next()
  if (context.req.raw.method === 'HEAD') await context.res.body?.cancel()
}
