import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChannelError, Connection, Consumer, Exchange, Producer, Queue } from '../../src/index.ts'
import type { ConformanceOptions } from '../conformance.ts'
import { Bench, Inbox, TIMEOUT_MS } from '../support.ts'

function refusedWith(code: number) {
  return (error: unknown) => {
    assert.ok(error instanceof ChannelError)
    assert.equal(error.code, code)
    return true
  }
}

export function topologyConformance({ url }: ConformanceOptions): void {
  describe('names', { timeout: TIMEOUT_MS }, () => {
    test('of two connections that declare one exclusive queue at once, one has it', async (t) => {
      const bench = await Bench.open(t, url)
      if (!bench.connection.transport.implements.declaredQueues) return
      await using other = await new Connection(url).connect()
      const channels = [await bench.connection.channel(), await other.channel()]
      const name = bench.name('exclusive')
      const declared = await Promise.allSettled(
        channels.map((channel) => channel.queueDeclare(name, { exclusive: true })),
      )
      const refusals = declared.filter(({ status }) => status === 'rejected')
      assert.equal(refusals.length, 1)
      assert.deepEqual(channels.map(({ isOpen }) => isOpen).sort(), [false, true])
    })

    test('a queue can be declared twice in the same way', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      const queue = await bench.queue({ messageTtl: 60 })
      assert.deepEqual(await queue.declare(channel), { queue: queue.name, messageCount: 0, consumerCount: 0 })
    })

    test('declaring a queue with other arguments is refused with 406 and closes the channel', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      const { name } = await bench.queue({ messageTtl: 60 })
      await assert.rejects(new Queue(name, { messageTtl: 30 }).declare(channel), refusedWith(406))
      assert.equal(channel.isOpen, false)
      assert.ok((await channel.closed) instanceof ChannelError)
    })

    test('a consumer that is refused one of its queues has subscribed to none', async (t) => {
      const bench = await Bench.open(t, url)
      const [fitting, { name }] = [await bench.queue(), await bench.queue({ messageTtl: 60 })]
      const channel = await bench.connection.channel()
      const subscribe = t.mock.method(channel, 'basicConsume')
      const queues = [fitting, new Queue(name, { messageTtl: 30 })]
      const consumer = new Consumer(channel, { queues, onMessage: () => {} })
      await assert.rejects(consumer.consume(), refusedWith(406))
      assert.equal(subscribe.mock.callCount(), 0)
    })

    test('declaring an exchange of another type is refused with 406', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      const name = bench.name('exchange')
      const exchange = new Exchange(name, { type: 'topic' })
      await exchange.declare(channel)
      await exchange.declare(channel)
      await assert.rejects(new Exchange(name, { type: 'fanout' }).declare(channel), refusedWith(406))
      await bench.connection.ensure((other) => exchange.delete(other))
    })

    test('a passive declaration tells how many messages and consumers there are', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel, connection } = bench
      const queue = await bench.queue()
      const producer = new Producer(connection, { routingKey: queue.name })
      await producer.publish(1)
      await producer.publish(2)
      assert.deepEqual(await queue.status(channel), { queue: queue.name, messageCount: 2, consumerCount: 0 })
    })

    test('a passive declaration of a missing queue is refused with 404', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      await assert.rejects(channel.queueDeclare(bench.name('missing'), { passive: true }), refusedWith(404))
    })

    test('a passive declaration of a missing exchange is refused with 404', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      await assert.rejects(
        new Exchange(bench.name('missing'), { passive: true }).declare(channel),
        refusedWith(404),
      )
    })

    test('consuming from a missing queue is refused with 404, unless any name can be consumed from', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel, connection } = bench
      const consuming = channel.basicConsume(bench.name('missing'), { onDelivery: () => undefined })
      if (!connection.transport.implements.declaredQueues) return assert.ok(await consuming)
      await assert.rejects(consuming, refusedWith(404))
    })

    test('publishing to a missing exchange is refused with 404, and the next publish uses a new channel', async (t) => {
      const bench = await Bench.open(t, url)
      const { connection } = bench
      const queue = await bench.queue()
      const producer = new Producer(connection)
      const exchange = bench.name('missing')
      await assert.rejects(producer.publish('lost', { exchange, routingKey: 'x' }), refusedWith(404))
      await producer.publish('kept', { routingKey: queue.name })
      assert.equal((await queue.get(await connection.defaultChannel()))?.payload, 'kept')
    })

    test('binding to a missing exchange is refused with 404', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      const queue = await bench.queue()
      await assert.rejects(queue.bindTo(channel, bench.name('missing'), 'x'), refusedWith(404))
    })

    test('the broker names a queue when asked to', async (t) => {
      const { channel } = await Bench.open(t, url)
      const first = await channel.queueDeclare('', { exclusive: true })
      const second = await channel.queueDeclare('', { exclusive: true })
      assert.notEqual(first.queue, '')
      assert.notEqual(first.queue, second.queue)
    })

    test('an exclusive queue is refused to another connection with 405', async (t) => {
      const mine = await Bench.open(t, url)
      const others = await Bench.open(t, url)
      const { name } = await mine.queue({ exclusive: true, durable: false })
      await assert.rejects(others.channel.queueDeclare(name, { passive: true }), refusedWith(405))
    })

    test('an exclusive queue goes away with its connection', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      const name = bench.name('exclusive')
      const owner = new Connection(url)
      await (await owner.channel()).queueDeclare(name, { exclusive: true })
      await owner.close()
      await assert.rejects(channel.queueDeclare(name, { passive: true }), refusedWith(404))
    })

    test('an auto-delete queue goes away with its last consumer', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      const queue = await bench.queue({ autoDelete: true })
      const first = await Inbox.open(channel, [queue])
      const second = await Inbox.open(channel, [queue])
      await first.cancel()
      assert.equal((await queue.status(channel)).consumerCount, 1)
      await second.cancel()
      await assert.rejects(queue.status(channel), refusedWith(404))
    })

    test('purging removes what waits and says how much', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel, connection } = bench
      const queue = await bench.queue()
      const producer = new Producer(connection, { routingKey: queue.name })
      await Promise.all([1, 2, 3].map((n) => producer.publish(n)))
      assert.equal(await queue.purge(channel), 3)
      assert.equal(await queue.get(channel), undefined)
    })

    test('deleting a queue tells its consumers', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel, connection } = bench
      const queue = await bench.queue()
      const { promise, resolve } = Promise.withResolvers<string>()
      await Inbox.open(channel, [queue], { onCancel: resolve })
      await queue.delete(await connection.channel())
      assert.equal(await promise, queue.name)
    })

    test('a queue that is used or not empty is not deleted when asked to look', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel, connection } = bench
      const queue = await bench.queue()
      await new Producer(connection).publish('here', { routingKey: queue.name })
      await assert.rejects(queue.delete(await connection.channel(), { ifEmpty: true }), refusedWith(406))
      await Inbox.open(channel, [queue])
      await assert.rejects(queue.delete(await connection.channel(), { ifUnused: true }), refusedWith(406))
    })

    test('names may be written in any script', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel, connection } = bench
      const exchange = new Exchange(bench.name('말하기'))
      const queue = await bench.queue({ exchange, routingKey: '목소리.ñ' }, '대기열')
      await new Producer(connection, { exchange }).publish('안녕', { routingKey: '목소리.ñ' })
      const message = await queue.get(channel)
      assert.equal(message?.payload, '안녕')
      assert.equal(message?.deliveryInfo.queue, queue.name)
      assert.equal(message?.deliveryInfo.exchange, exchange.name)
      await exchange.delete(channel)
    })
  })
}
