import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { ImproperlyConfigured } from '../exceptions.ts'

export interface MetricsServerOptions {
  readonly register: Registry
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

/** Answers `GET /metrics` in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export class MetricsServer {
  readonly #options: MetricsServerOptions
  #server: Server | undefined

  constructor(options: MetricsServerOptions) {
    this.#options = options
  }

  /** Resolves with its address when it answers. @throws ImproperlyConfigured when the port is taken */
  async start(): Promise<string> {
    const { host, port } = this.#options
    const server = createServer((request, response) => void this.#answer(request, response))
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch (cause) {
      throw new ImproperlyConfigured(
        `Metrics cannot be told at ${host}:${port}: ${(cause as Error).message}. ` +
          "Free that address, or take another: 'workerMetricsPort', 'workerMetricsHost'.",
        { cause },
      )
    }
    this.#server = server
    const { address, port: actual, family } = server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}/metrics`
  }

  /** Twice is fine; before start is fine. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0]
    if (path !== '/metrics') return end(response, 404, 'Metrics are at /metrics.\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return end(response, 405, 'Metrics are only read.\n')
    }
    const { register } = this.#options
    try {
      const text = await register.metrics()
      end(response, 200, text, register.contentType)
    } catch (error) {
      end(response, 500, `The metrics could not be collected: ${String(error)}\n`)
    }
  }
}

function end(
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' })
  response.end(text)
}
