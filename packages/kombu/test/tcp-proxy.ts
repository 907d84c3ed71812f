import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

interface Line {
  readonly client: Socket
  readonly server: Socket
}

/**
 * Stands between a client and a server, to do to a connection what a network does: cut it, or swallow everything.
 * With `tls` the client's side is encrypted.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #target: URL
  readonly #server: Server
  readonly #lines: Line[] = []
  #mood: 'well' | 'frozen' | 'mute' | 'closed' = 'well'

  static async listen(target: string, tls?: TlsOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target), tls)
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  private constructor(target: URL, tls: TlsOptions | undefined) {
    this.#target = target
    const accept = (client: Socket) => this.#accept(client)
    this.#server = tls ? createTlsServer(tls, accept) : createServer(accept)
  }

  /** The target's URL by way of the proxy. */
  url(scheme = this.#target.protocol): string {
    const { port } = this.#server.address() as AddressInfo
    return `${scheme}${this.#target.href.slice(this.#target.protocol.length).replace(this.#target.host, `127.0.0.1:${port}`)}`
  }

  /** Ends the youngest connection on both sides, in the middle of whatever was going on. */
  cutNewest(): void {
    const line = this.#lines.at(-1)
    if (!line) throw new Error('nobody is connected through this proxy')
    cut(line)
  }

  cutAll(): void {
    for (const line of [...this.#lines]) cut(line)
  }

  /** From now on nothing comes through in either direction, and no socket is closed. */
  freeze(): void {
    this.#mood = 'frozen'
  }

  /** From now on the server hears everything, and nobody hears the server. */
  swallowAnswers(): void {
    this.#mood = 'mute'
  }

  /** Cuts all connections, and every new one at once. */
  refuse(): void {
    this.#mood = 'closed'
    this.cutAll()
  }

  /** For connections that come from now on, all is well again. */
  heal(): void {
    this.cutAll()
    this.#mood = 'well'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.#mood === 'closed') {
      client.destroy()
      return
    }
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port) })
    const line = { client, server }
    this.#lines.push(line)
    this.#forward(client, server, line)
    this.#forward(server, client, line)
  }

  #forward(from: Socket, to: Socket, line: Line): void {
    from.on('data', (bytes) => {
      if (this.#mood === 'frozen' || (this.#mood === 'mute' && from === line.server)) return
      if (!to.write(bytes)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    from.on('error', () => cut(line))
    from.on('close', () => {
      const at = this.#lines.indexOf(line)
      if (at >= 0) this.#lines.splice(at, 1)
      to.end()
    })
  }
}

function cut({ client, server }: Line): void {
  client.destroy()
  server.destroy()
}
