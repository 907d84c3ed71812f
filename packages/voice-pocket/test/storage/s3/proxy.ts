/** A server between the storage and the real one, that does what a test wants of a bad server or a bad network. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** What becomes of a request. `pass` hands it on, with other headers if wanted. */
export type Meddle = (
  incoming: IncomingMessage,
  response: ServerResponse,
  pass: (headers?: IncomingMessage['headers']) => void,
) => void | Promise<void>

/** Resolves with its address. */
export async function startProxy(t: TestContext, target: string, meddle: Meddle): Promise<string> {
  const server = createServer((incoming, response) => {
    const pass = (headers = incoming.headers) => {
      const { method, url = '' } = incoming
      const onward = request(new URL(url, target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      incoming.pipe(onward)
    }
    Promise.resolve(meddle(incoming, response, pass)).catch((error) => response.destroy(error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    await once(server.close(), 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** As S3 itself writes one. */
export function answerError(response: ServerResponse, status: number, code: string, message = code): void {
  response.writeHead(status, { 'Content-Type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
}
