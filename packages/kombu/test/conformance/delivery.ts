import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChannelError, Connection, MessageStateError, Producer, type Queue } from '../../src/index.ts'
import type { ConformanceOptions } from '../conformance.ts'
import { Bench, bodies, Inbox, TIMEOUT_MS } from '../support.ts'

async function publish(bench: Bench, queue: Queue, ...values: readonly unknown[]): Promise<void> {
  const producer = new Producer(bench.connection, { routingKey: queue.name })
  for (const value of values) await producer.publish(value)
}

export function deliveryConformance({ url }: ConformanceOptions): void {
  describe('delivery', { timeout: TIMEOUT_MS }, () => {
    test('messages come in the order they were published', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const numbers = Array.from({ length: 250 }, (_, n) => n)
      const producer = new Producer(bench.connection, { routingKey: queue.name })
      await Promise.all(numbers.map((n) => producer.publish(n)))
      const inbox = await Inbox.open(bench.channel, [queue])
      assert.deepEqual(bodies(await inbox.first(250)), numbers)
    })

    test('a waiting consumer gets what is published later', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const inbox = await Inbox.open(bench.channel, [queue])
      await publish(bench, queue, 'one')
      await inbox.first(1)
      await publish(bench, queue, 'two')
      assert.deepEqual(bodies(await inbox.first(2)), ['one', 'two'])
    })

    test('what is acknowledged does not come again', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 'done', 'left')
      const first = await queue.get(bench.channel)
      await queue.get(bench.channel)
      await first?.ack()
      await bench.channel.close()
      const inbox = await Inbox.open(await bench.connection.channel(), [queue])
      assert.deepEqual(bodies(await inbox.first(1)), ['left'])
      assert.equal((await queue.status(await bench.connection.defaultChannel())).messageCount, 0)
    })

    test('what is rejected does not come again', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 'bad', 'good')
      const bad = await queue.get(bench.channel)
      await bad?.reject()
      await bench.channel.close()
      assert.equal((await queue.get(await bench.connection.defaultChannel()))?.payload, 'good')
    })

    test('a channel whose flow is stopped gets nothing until it goes on, where there is flow', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      if (!bench.connection.transport.implements.flow) {
        await assert.rejects(bench.channel.flow(false), { name: 'ChannelError', code: 540 })
        return
      }
      const inbox = await Inbox.open(bench.channel, [queue])
      await bench.channel.flow(false)
      await publish(bench, queue, 1, 2)
      const other = await Inbox.open(await bench.connection.channel(), [queue], { prefetchCount: 1 })
      await other.first(1)
      assert.equal(inbox.messages.length, 0)
      await bench.channel.flow(true)
      assert.deepEqual(bodies(await inbox.first(1)), [2])
    })

    test('what is requeued comes again in its old place, marked as redelivered', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 1, 2, 3)
      const inbox = await Inbox.open(bench.channel, [queue], { prefetchCount: 1 })
      const [first] = await inbox.first(1)
      assert.equal(first?.deliveryInfo.redelivered, false)
      await first?.requeue()
      const [, again] = await inbox.first(2)
      assert.equal(again?.payload, 1)
      assert.equal(again?.deliveryInfo.redelivered, true)
    })

    test('a message is settled once', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 'x')
      const message = await queue.get(bench.channel)
      assert.equal(message?.acknowledged, false)
      await message?.ack()
      assert.equal(message?.acknowledged, true)
      await assert.rejects(async () => message?.ack(), MessageStateError)
      await assert.rejects(async () => message?.requeue(), MessageStateError)
      assert.equal(bench.channel.isOpen, true)
    })

    test('an unknown delivery tag is refused with 406 and closes the channel', async (t) => {
      const bench = await Bench.open(t, url)
      const { channel } = bench
      const refusal = await channel.basicAck('999').then(
        () => channel.closed,
        (error: unknown) => error,
      )
      assert.ok(refusal instanceof ChannelError)
      assert.equal(refusal.code, 406)
    })

    test('several are acknowledged at once', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 1, 2, 3)
      const inbox = await Inbox.open(bench.channel, [queue])
      const [, second] = await inbox.first(3)
      await bench.channel.basicAck(second?.deliveryTag ?? '', { multiple: true })
      await bench.channel.close()
      const rest = await Inbox.open(await bench.connection.channel(), [queue])
      assert.deepEqual(bodies(await rest.first(1)), [3])
    })

    test('no more than the prefetch count is out', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 1, 2, 3, 4, 5)
      const inbox = await Inbox.open(bench.channel, [queue], { prefetchCount: 2 })
      const [first] = await inbox.first(2)
      assert.equal((await queue.status(bench.channel)).messageCount, 3)
      assert.equal(inbox.messages.length, 2)
      await first?.ack()
      await inbox.first(3)
      assert.equal((await queue.status(bench.channel)).messageCount, 2)
      assert.equal(inbox.messages.length, 3)
    })

    test('a global prefetch count holds for the whole channel, and can be changed', async (t) => {
      const bench = await Bench.open(t, url)
      const [a, b] = [await bench.queue(), await bench.queue()]
      await publish(bench, a, 1, 2, 3)
      await publish(bench, b, 1, 2, 3)
      const inbox = await Inbox.open(bench.channel, [a, b], { prefetchCount: 2, globalPrefetch: true })
      await inbox.first(2)
      const waiting = async () => {
        const statuses = await Promise.all([a, b].map((queue) => queue.status(bench.channel)))
        return statuses.reduce((sum, { messageCount }) => sum + messageCount, 0)
      }
      assert.equal(await waiting(), 4)
      await bench.channel.basicQos(5, { global: true })
      await inbox.first(5)
      assert.equal(await waiting(), 1)
    })

    test('consumers of one queue share its messages', async (t) => {
      const bench = await Bench.open(t, url)
      const other = await Bench.open(t, url)
      const queue = await bench.queue()
      const one = await Inbox.open(bench.channel, [queue], { prefetchCount: 1 })
      const two = await Inbox.open(other.channel, [queue], { prefetchCount: 1 })
      await publish(bench, queue, 1, 2)
      const got = [...bodies(await one.first(1)), ...bodies(await two.first(1))]
      assert.deepEqual(got.sort(), [1, 2])
    })

    test('consumers of one channel take turns', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const one = await Inbox.open(bench.channel, [queue])
      const two = await Inbox.open(bench.channel, [queue])
      await publish(bench, queue, 1, 2, 3, 4)
      await Promise.all([one.first(2), two.first(2)])
      assert.deepEqual([one.messages.length, two.messages.length], [2, 2])
    })

    test('a cancelled consumer gets nothing more, and can still settle what it has', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 'before')
      const inbox = await Inbox.open(bench.channel, [queue])
      const [before] = await inbox.first(1)
      await inbox.cancel()
      await publish(bench, queue, 'after')
      assert.equal((await queue.status(bench.channel)).messageCount, 1)
      assert.equal(inbox.messages.length, 1)
      await before?.ack()
      assert.equal(bench.channel.isOpen, true)
    })

    test('what a closed channel had not settled comes again', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 1, 2)
      const doomed = await bench.connection.channel()
      const inbox = await Inbox.open(doomed, [queue])
      await inbox.first(2)
      await doomed.close()
      const again = await (await Inbox.open(bench.channel, [queue])).first(2)
      assert.deepEqual(bodies(again), [1, 2])
      assert.ok(again.every((message) => message.deliveryInfo.redelivered))
    })

    test('what a closed connection had not settled comes again', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 1)
      const doomed = new Connection(url)
      const inbox = await Inbox.open(await doomed.channel(), [queue])
      await inbox.first(1)
      await doomed.close()
      const [again] = await (await Inbox.open(bench.channel, [queue])).first(1)
      assert.equal(again?.deliveryInfo.redelivered, true)
    })

    test('a channel gives back what it holds when asked to', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 1)
      const inbox = await Inbox.open(bench.channel, [queue])
      await inbox.first(1)
      await bench.channel.basicRecover()
      const [, again] = await inbox.first(2)
      assert.equal(again?.deliveryInfo.redelivered, true)
    })

    test('a consumer without acknowledgement is done on delivery', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 1, 2)
      const own = await bench.connection.channel()
      const inbox = await Inbox.open(own, [queue], { noAck: true, prefetchCount: 1 })
      const [first] = await inbox.first(2)
      assert.equal(first?.acknowledged, true)
      await first?.ack()
      await own.close()
      assert.equal((await queue.status(bench.channel)).messageCount, 0)
    })

    test('getting from an empty queue gives nothing', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      assert.equal(await queue.get(bench.channel), undefined)
    })

    test('a message got without acknowledgement is gone', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await publish(bench, queue, 'x')
      const own = await bench.connection.channel()
      assert.equal((await queue.get(own, { noAck: true }))?.payload, 'x')
      await own.close()
      assert.equal((await queue.status(bench.channel)).messageCount, 0)
    })

    test('priority decides what comes first, and equal priority comes in order', async (t) => {
      const bench = await Bench.open(t, url)
      const { priority: order } = bench.connection.transport.implements
      const queue = await bench.queue({ maxPriority: 9 })
      const producer = new Producer(bench.connection, { routingKey: queue.name })
      for (const [body, priority] of [
        ['a', 0],
        ['b', 9],
        ['c', 5],
        ['d', 9],
      ] as const) {
        await producer.publish(body, { priority })
      }
      const inbox = await Inbox.open(bench.channel, [queue])
      const expected = order === 'highest-first' ? ['b', 'd', 'c', 'a'] : ['a', 'c', 'b', 'd']
      assert.deepEqual(bodies(await inbox.first(4)), expected)
    })

    test('a message past its own time is not delivered, where messages expire', async (t) => {
      const bench = await Bench.open(t, url)
      const { messageTtl } = bench.connection.transport.implements
      const queue = await bench.queue()
      const producer = new Producer(bench.connection, { routingKey: queue.name })
      await producer.publish('stale', { expiration: 0 })
      await producer.publish('fresh', { expiration: 3600 })
      assert.equal((await queue.get(bench.channel))?.payload, messageTtl ? 'fresh' : 'stale')
    })

    test('a message past the time of its queue is not delivered, where messages expire', async (t) => {
      const bench = await Bench.open(t, url)
      const { messageTtl } = bench.connection.transport.implements
      const [strict, patient] = [
        await bench.queue({ messageTtl: 0 }),
        await bench.queue({ messageTtl: 3600 }),
      ]
      await publish(bench, strict, 'stale')
      await publish(bench, patient, 'fresh')
      assert.equal((await strict.get(bench.channel))?.payload, messageTtl ? undefined : 'stale')
      assert.equal((await patient.get(bench.channel))?.payload, 'fresh')
    })

    test('a full queue drops its oldest', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue({ maxLength: 2 })
      await publish(bench, queue, 1, 2, 3)
      const inbox = await Inbox.open(bench.channel, [queue])
      assert.deepEqual(bodies(await inbox.first(2)), [2, 3])
    })
  })
}
