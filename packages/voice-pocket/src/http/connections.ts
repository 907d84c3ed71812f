import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Ends a server's connections as soon as nothing is being answered on them. Node's own `closeIdleConnections` leaves
 * out those that were opened ahead of a request that never came, as browsers and HTTP clients like to do.
 */
export class Connections {
  readonly #idle = new Set<Socket>()
  #closing = false

  constructor(server: Server) {
    server.on('connection', (socket) => {
      socket.once('close', () => this.#idle.delete(socket))
      this.#rest(socket)
    })
    server.on('request', ({ socket }, response) => {
      this.#idle.delete(socket)
      response.once('close', () => this.#rest(socket))
    })
  }

  /** The idle ones now, each of the others after its answer. */
  closeWhenIdle(): void {
    this.#closing = true
    for (const socket of this.#idle) socket.destroySoon()
  }

  #rest(socket: Socket): void {
    if (this.#closing) socket.destroySoon()
    else if (!socket.destroyed) this.#idle.add(socket)
  }
}
