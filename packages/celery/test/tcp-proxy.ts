import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server, and can take the server away from it. */
export class TcpProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isOpen = true

  static async to(host: string, port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(host, port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      if (!this.#isOpen) {
        client.resetAndDestroy()
        return
      }
      const upstream = connect(port, host)
      for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
        this.#sockets.add(from)
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
      }
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The server is gone: connections break, and new ones are refused. */
  cut(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  restore(): void {
    this.#isOpen = true
  }

  /** The network swallows everything without a word. */
  freeze(): void {
    for (const socket of this.#sockets) socket.unpipe()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
