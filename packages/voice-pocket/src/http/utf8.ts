import { isUtf8 } from 'node:buffer'
import type { MiddlewareHandler } from 'hono'
import { HttpProblem } from './errors.ts'

/** A replacement character in the place of what was meant would be spoken: bytes that are no UTF-8 are refused. */
export const jsonInUtf8: MiddlewareHandler = async ({ req }, next) => {
  const isJson = /^application\/([\w.-]+\+)?json\b/i.test(req.header('content-type') ?? '')
  if (isJson && !isUtf8(new Uint8Array(await req.arrayBuffer()))) {
    throw new HttpProblem(400, 'wrong_encoding', 'The body is not text in UTF-8; send JSON in that encoding.')
  }
  await next()
}
