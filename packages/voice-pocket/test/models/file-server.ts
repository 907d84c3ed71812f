/** A server with one file, which a test has answer as servers do on bad days. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export class FileServer implements AsyncDisposable {
  bytes: Buffer = Buffer.alloc(0)
  etag = '"one"'
  /** The `Range` of each request. */
  readonly ranges: (string | undefined)[] = []
  /** In the order of the requests; afterwards it behaves. */
  readonly misbehaviours: ((response: ServerResponse, bytes: Buffer) => void)[] = []
  readonly #server = createServer((request, response) => {
    const { range, 'if-range': ifRange } = request.headers
    this.ranges.push(range)
    const from = range !== undefined && ifRange === this.etag ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0
    const rest = this.bytes.subarray(from)
    response.statusCode = from > 0 ? 206 : 200
    response.setHeader('ETag', this.etag).setHeader('Content-Length', rest.length)
    const misbehave = this.misbehaviours.shift()
    if (misbehave) misbehave(response, rest)
    else response.end(rest)
  })

  static async start(): Promise<FileServer> {
    const server = new FileServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  /** The next answer is cut after so many bytes, once `onProgress` says that they have come. */
  cutAfter(count: number): (bytes: number) => void {
    let cut = () => {}
    this.misbehaviours.push((response, bytes) => {
      cut = () => void response.destroy()
      response.write(bytes.subarray(0, count))
    })
    return (bytes) => {
      if (bytes === count) cut()
    }
  }

  url(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
