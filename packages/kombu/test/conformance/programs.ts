import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Channel,
  Connection,
  Consumer,
  ConsumerMixin,
  DeadLetters,
  Mailbox,
  MessageStateError,
  OperationalError,
  Producer,
  Queue,
} from '../../src/index.ts'
import type { ConformanceOptions } from '../conformance.ts'
import { Bench, Inbox, TIMEOUT_MS } from '../support.ts'

class Echo extends ConsumerMixin {
  readonly heard: unknown[] = []
  readonly #queue: Queue
  readonly #onHeard: (count: number) => void
  ready = 0

  constructor(connection: Connection, queue: Queue, onHeard: (count: number) => void) {
    super(connection)
    this.#queue = queue
    this.#onHeard = onHeard
  }

  override onConsumeReady(): void {
    this.ready += 1
  }

  getConsumers(channel: Channel): Consumer[] {
    const onMessage = (body: unknown) => {
      this.heard.push(body)
      this.#onHeard(this.heard.length)
    }
    return [
      new Consumer(channel, {
        queues: [this.#queue],
        callbacks: [async (body, message) => message.ack().then(() => onMessage(body))],
      }),
    ]
  }
}

export function programConformance({ url, unreachableUrl }: ConformanceOptions): void {
  describe('programs', { timeout: TIMEOUT_MS }, () => {
    test('of several addresses the first that answers is used', async (t) => {
      const connection = await new Connection([unreachableUrl, url]).connect()
      t.after(() => connection.close())
      assert.equal(connection.isConnected, true)
    })

    test('no answer from any address is an OperationalError that names them without passwords', async () => {
      const secret = unreachableUrl.replace('//', '//me:secret@')
      await assert.rejects(new Connection([unreachableUrl, secret]).connect(), (error) => {
        assert.ok(error instanceof OperationalError)
        assert.match(error.message, /cannot connect to .*, .*me:\*\*@/)
        assert.doesNotMatch(error.message, /secret/)
        return true
      })
    })

    test('a closed connection is closed for good, and closing twice is fine', async () => {
      const connection = await new Connection(url).connect()
      const channel = await connection.channel()
      await connection.close()
      await connection.close()
      assert.equal(await channel.closed, undefined)
      await assert.rejects(connection.channel(), OperationalError)
      await assert.rejects(channel.queueDeclare('x', {}), OperationalError)
    })

    test('draining ends when the signal aborts or the connection is closed', async () => {
      const connection = await new Connection(url).connect()
      const stop = new AbortController()
      const draining = connection.drainEvents({ signal: stop.signal })
      stop.abort()
      await draining
      const drainingOn = connection.drainEvents({ signal: new AbortController().signal })
      await connection.close()
      await drainingOn
    })

    test('a failing callback leaves its message unsettled and the consumer goes on', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const failures: string[] = []
      const { promise, resolve } = Promise.withResolvers<void>()
      const consumer = new Consumer(bench.channel, {
        queues: [queue],
        onError: (error, message) => failures.push(`${String(error)} ${message.acknowledged}`),
        callbacks: [
          (body) => {
            if (body === 1) throw new Error('sync')
            return body === 2 ? Promise.reject(new Error('async')) : undefined
          },
          () => resolve(),
        ],
      })
      await consumer.consume()
      const producer = new Producer(bench.connection, { routingKey: queue.name })
      for (const n of [1, 2, 3]) await producer.publish(n)
      await promise
      await consumer.idle()
      assert.deepEqual(failures, ['Error: sync false', 'Error: async false'])
    })

    test('a mixin consumes again when its channel was closed under it, and ends when stopped', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const { promise, resolve } = Promise.withResolvers<void>()
      const channels: Channel[] = []
      const echo = new (class extends Echo {
        override getConsumers(channel: Channel) {
          channels.push(channel)
          return super.getConsumers(channel)
        }
      })(bench.connection, queue, (count) => (count === 1 ? closeByError() : resolve()))
      const closeByError = () =>
        assert.rejects(async () => channels[0]?.queueDeclare(bench.name('no'), { passive: true }))
      const running = echo.run()
      const producer = new Producer(bench.connection, { routingKey: queue.name })
      await producer.publish('one')
      await producer.publish('two')
      await promise
      await echo.stop()
      await running
      assert.deepEqual(new Set(echo.heard), new Set(['one', 'two']))
      assert.equal(bench.connection.isConnected, true)
    })

    test('nodes of a mailbox answer what they are asked', async (t) => {
      const bench = await Bench.open(t, url)
      const mailbox = new Mailbox(bench.name('control'), { queueTtl: 300 })
      const node = async (hostname: string) => {
        const handlers = { ping: () => ({ ok: 'pong' }), echo: async (args: object) => args }
        const listening = await mailbox.node(hostname, handlers).listen(await bench.connection.channel())
        t.after(() => listening.close())
      }
      await node('celery@a')
      await node('celery@b')
      const all = await mailbox.call(bench.connection, 'ping', { limit: 2 })
      assert.deepEqual(Object.assign({}, ...all), { 'celery@a': { ok: 'pong' }, 'celery@b': { ok: 'pong' } })
      const options = { arguments: { n: 1 }, destination: ['celery@b'] }
      assert.deepEqual(await mailbox.call(bench.connection, 'echo', options), [{ 'celery@b': { n: 1 } }])
      const none = await mailbox.call(bench.connection, 'nope', { pattern: '*@a', matcher: 'glob', limit: 1 })
      assert.deepEqual(none, [{ 'celery@a': { error: "KeyError('nope')" } }])
    })

    test('a command for all reaches every node', async (t) => {
      const bench = await Bench.open(t, url)
      const mailbox = new Mailbox(bench.name('control'))
      const heard = ['a', 'b'].map(async (hostname) => {
        const { promise, resolve } = Promise.withResolvers<unknown>()
        const listening = await mailbox
          .node(hostname, { tell: resolve })
          .listen(await bench.connection.channel())
        t.after(() => listening.close())
        return { promise }
      })
      const nodes = await Promise.all(heard)
      await mailbox.cast(bench.connection, 'tell', { arguments: { what: 'news' } })
      assert.deepEqual(await Promise.all(nodes.map(({ promise }) => promise)), [
        { what: 'news' },
        { what: 'news' },
      ])
    })

    test('a dead letter keeps the message as it came, and says why', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const dead = new Queue(bench.name('dead'))
      bench.willDelete(dead)
      const deadLetters = new DeadLetters(bench.connection, { queue: dead })
      const body = Buffer.from([0xff, 0x00, 0x7b])
      await new Producer(bench.connection).publish(body, {
        routingKey: queue.name,
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        headers: { __TypeId__: 'com.example.Message', 'x-death': [{ count: 1 }] },
        correlationId: 'c-1',
        expiration: 3600,
      })
      const message = await queue.get(bench.channel)
      assert.ok(message)
      await deadLetters.put(message, new DecodeFailure(`bad\u0000\n${'x'.repeat(2_000)}`), {
        'x-uuid': 'u-1',
      })
      const copy = await dead.get(bench.channel)
      assert.deepEqual(copy?.body, body)
      assert.equal(copy?.contentType, 'application/json')
      assert.equal(copy?.properties.correlationId, 'c-1')
      assert.equal(copy?.properties.expiration, undefined)
      const { 'x-dead-letter-reason': reason, 'x-dead-letter-time': time, ...headers } = copy?.headers ?? {}
      assert.deepEqual(headers, {
        __TypeId__: 'com.example.Message',
        'x-uuid': 'u-1',
        'x-dead-letter-queue': queue.name,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': queue.name,
      })
      assert.match(String(reason), /^DecodeFailure: bad x+…$/)
      assert.ok(String(reason).length <= 1_000)
      assert.ok(Math.abs(Date.now() - Date.parse(String(time))) < 60_000)
      assert.equal(message.acknowledged, true)
      await assert.rejects(message.ack(), MessageStateError)
    })

    test('a message is not acknowledged when its dead letter cannot be kept', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const elsewhere = new Connection(url)
      await new Producer(bench.connection).publish('x', { routingKey: queue.name })
      const message = await queue.get(bench.channel)
      assert.ok(message)
      await elsewhere.close()
      const deadLetters = new DeadLetters(elsewhere, { queue: bench.name('dead') })
      await assert.rejects(deadLetters.put(message, 'no reason'), OperationalError)
      assert.equal(message.acknowledged, false)
      await bench.channel.close()
      const [again] = await (await Inbox.open(await bench.connection.channel(), [queue])).first(1)
      assert.equal(again?.payload, 'x')
    })
  })
}

class DecodeFailure extends Error {
  override name = 'DecodeFailure'
}
