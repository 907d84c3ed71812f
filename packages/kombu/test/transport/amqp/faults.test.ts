import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import {
  Connection,
  Consumer,
  ConsumerMixin,
  type Message,
  OperationalError,
  Producer,
  type Queue,
  uuid,
} from '../../../src/index.ts'
import { Bench, bodies, Inbox, service, TIMEOUT_MS } from '../../support.ts'
import { TcpProxy } from '../../tcp-proxy.ts'

const { url, skip } = service('AMQP_URL')

const endless = () => ({ signal: new AbortController().signal })

async function rabbitmqctl(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.env.RABBITMQCTL ?? '', args)).stdout
}

/** Consumes one queue for ever, and tells when it has begun, and when it got what it waits for. */
class Collector extends ConsumerMixin {
  readonly ready = Promise.withResolvers<void>()
  readonly arrived = Promise.withResolvers<void>()
  readonly #queue: Queue
  readonly #awaited: unknown

  constructor(connection: Connection, queue: Queue, awaited: unknown) {
    super(connection)
    this.#queue = queue
    this.#awaited = awaited
  }

  override getConsumers(channel: Message['channel']) {
    const onMessage = async (message: Message) => {
      await message.ack()
      if (message.payload === this.#awaited) this.arrived.resolve()
    }
    return [new Consumer(channel, { queues: [this.#queue], onMessage })]
  }

  override onConsumeReady(): void {
    this.ready.resolve()
  }
}

describe('a broken line to RabbitMQ', { skip, timeout: TIMEOUT_MS }, () => {
  test('a publish in flight is done again, and no message is lost', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    await using connection = new Connection(proxy.url())
    const producer = new Producer(connection, { routingKey: queue.name })
    await producer.publish('first')
    const publishing = Array.from({ length: 500 }, (_, n) => producer.publish(n))
    await publishing[100]
    proxy.cutNewest()
    await Promise.all(publishing)
    const { messageCount } = await queue.status(bench.channel)
    const inbox = await Inbox.open(bench.channel, [queue])
    const distinct = new Set(bodies(await inbox.first(messageCount)))
    assert.equal(distinct.size, 501)
  })

  test('a publish on a lost channel is an OperationalError', async () => {
    await using proxy = await TcpProxy.listen(url)
    await using connection = new Connection(proxy.url())
    const channel = await connection.channel()
    const { queue } = await channel.queueDeclare('', { exclusive: true })
    const payload = {
      body: Buffer.alloc(5_000_000),
      contentType: undefined,
      contentEncoding: undefined,
      headers: {},
      properties: {},
    }
    const publishing = Array.from({ length: 20 }, () =>
      channel.basicPublish(payload, { exchange: '', routingKey: queue }),
    )
    proxy.cutNewest()
    for (const outcome of await Promise.allSettled(publishing)) {
      assert.equal(outcome.status, 'rejected')
      assert.ok(outcome.reason instanceof OperationalError)
      assert.match(outcome.reason.message, /was lost/)
    }
  })

  test('a consumer goes on where it was', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    await using connection = new Connection(proxy.url())
    await using collector = new Collector(connection, queue, 'after')
    const running = collector.run()
    await collector.ready.promise
    proxy.cutAll()
    await new Producer(bench.connection).publish('after', { routingKey: queue.name })
    await collector.arrived.promise
    await collector.stop()
    await running
    assert.equal((await queue.status(bench.channel)).messageCount, 0)
  })

  test('an acknowledgement that comes too late says that the message comes again', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    await new Producer(bench.connection).publish('x', { routingKey: queue.name })
    await using connection = new Connection(proxy.url())
    const message = await queue.get(await connection.channel())
    proxy.cutNewest()
    await message?.channel.closed
    await assert.rejects(async () => message?.ack(), {
      name: 'OperationalError',
      message: /deliver the message again/,
    })
    const [again] = await (await Inbox.open(bench.channel, [queue])).first(1)
    assert.equal(again?.deliveryInfo.redelivered, true)
  })

  test('a peer that falls silent is noticed by its missing heartbeats', async () => {
    await using proxy = await TcpProxy.listen(url)
    await using connection = await new Connection(proxy.url(), { heartbeat: 1 }).connect()
    const channel = await connection.channel()
    proxy.freeze()
    await assert.rejects(connection.drainEvents(endless()), /Heartbeat timeout/)
    assert.ok((await channel.closed) instanceof OperationalError)
    await assert.rejects(channel.queueDeclare('x', {}), OperationalError)
  })

  test('closing ends in bounded time although nobody answers', async () => {
    await using proxy = await TcpProxy.listen(url)
    const connection = await new Connection(proxy.url(), { heartbeat: 0, connectTimeoutMs: 300 }).connect()
    const channel = await connection.channel()
    proxy.freeze()
    await connection.close()
    assert.equal(await channel.closed, undefined)
  })

  test('a broker that closes the connection is a lost connection, and the next call makes a new one', {
    skip: process.env.RABBITMQCTL ? false : 'RABBITMQCTL is not set; a private RabbitMQ has one',
  }, async () => {
    const name = uuid()
    await using connection = await new Connection(url, { name }).connect()
    const channel = await connection.channel()
    const lost = assert.rejects(connection.drainEvents(endless()), /CONNECTION_FORCED.*by the test/s)
    const list = await rabbitmqctl('list_connections', '--quiet', 'pid', 'client_properties')
    const [pid = ''] =
      list
        .split('\n')
        .find((line) => line.includes(name))
        ?.split('\t') ?? []
    await rabbitmqctl('close_connection', pid, 'by the test')
    await lost
    assert.match((await channel.closed)?.message ?? '', /CONNECTION_FORCED/)
    assert.ok((await connection.channel()).isOpen)
  })
})

describe('an AMQP connection that cannot be made', { timeout: TIMEOUT_MS }, () => {
  test('a server that accepts and says nothing is given up after the time limit', async (t) => {
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const connecting = new Connection(`amqp://u:secret@127.0.0.1:${port}`, {
      connectTimeoutMs: 100,
    }).connect()
    await assert.rejects(connecting, (error: Error) => {
      assert.ok(error instanceof OperationalError)
      assert.match(error.message, /no answer within 100 ms/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
    const [socket] = sockets
    assert.ok(socket)
    // The abandoned socket is gone as well.
    if (!socket.closed) await once(socket.resume(), 'close')
  })

  test('a wrong password is named as such, and not shown', { skip }, async () => {
    const address = new URL(url)
    address.password = 'wrong-secret'
    await assert.rejects(new Connection(address.href).connect(), (error: Error) => {
      assert.match(error.message, /refused user "guest" or its password/)
      assert.doesNotMatch(error.message, /wrong-secret/)
      return error instanceof OperationalError
    })
  })

  test('a missing virtual host is named', { skip }, async () => {
    const address = new URL(url)
    address.pathname = '/no%2Fsuch'
    await assert.rejects(new Connection(address.href).connect(), /virtual host "no\/such" does not exist/)
  })

  test('a refused connection says where and why', async () => {
    await assert.rejects(
      new Connection('amqp://127.0.0.1:1//').connect(),
      /127\.0\.0\.1:1.*connect ECONNREFUSED/,
    )
  })
})
