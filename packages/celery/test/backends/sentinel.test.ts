import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { createBackend } from '../../src/backends/index.ts'
import { serviceFrom } from '../service.ts'
import { TcpProxy } from '../tcp-proxy.ts'

const { value, skip } = serviceFrom('REDIS_URL')

/** Says where the master is, whatever it is asked: of Sentinel itself the tests of kombu know. */
class Sentinel {
  master = 0
  asked = 0
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', () => {
      this.asked += 1
      const port = String(this.master)
      socket.write(`*2\r\n$9\r\n127.0.0.1\r\n$${port.length}\r\n${port}\r\n`)
    })
  })

  static async start(t: TestContext): Promise<Sentinel> {
    const sentinel = new Sentinel()
    sentinel.#server.listen(0, '127.0.0.1')
    await once(sentinel.#server, 'listening')
    t.after(() => sentinel.#close())
    return sentinel
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

async function proxyOfRedis(t: TestContext): Promise<TcpProxy> {
  const { hostname, port } = new URL(value)
  const proxy = await TcpProxy.to(hostname, Number(port || 6379))
  t.after(() => proxy[Symbol.asyncDispose]())
  return proxy
}

describe('sentinel', { skip, timeout: 60_000 }, () => {
  it('leads to the master, also when that becomes another one, and the wait goes on', async (t) => {
    const [sentinel, first, second] = [await Sentinel.start(t), await proxyOfRedis(t), await proxyOfRedis(t)]
    sentinel.master = first.port
    const transportOptions = { globalKeyprefix: `test-${randomUUID()}:`, master_name: 'voices' }
    // The first of the list is away.
    const url = `sentinel://127.0.0.1:1/0;sentinel://127.0.0.1:${sentinel.port}/0`
    await using backend = await createBackend(url, { transportOptions, expiresSeconds: 60 })
    assert.equal(backend.url, url)
    const watched = backend.watch('one')[Symbol.asyncIterator]()
    assert.equal((await watched.next()).value?.status, 'PENDING')
    sentinel.master = second.port
    first.cut()
    await backend.markAsDone('one', 5)
    assert.equal((await watched.next()).value?.result, 5)
    assert.ok(sentinel.asked >= 4) // for two connections, and again when these were lost
  })

  it('needs the name of the group', async () => {
    await assert.rejects(createBackend('sentinel://127.0.0.1'), {
      name: 'ImproperlyConfigured',
      message: /master_name/,
    })
  })
})
