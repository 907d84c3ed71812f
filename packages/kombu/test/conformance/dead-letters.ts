import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Exchange, type Message, Producer, Queue, type QueueOptions } from '../../src/index.ts'
import type { ConformanceOptions } from '../conformance.ts'
import { Bench, bodies, Inbox, TIMEOUT_MS } from '../support.ts'

/** A queue, and where its dead messages go, with an inbox there. */
async function grave(bench: Bench, options: QueueOptions = {}, routingKey?: string) {
  const exchange = new Exchange(bench.name('dlx'), { durable: false, autoDelete: true })
  const name = bench.name('mortal')
  const dead = new Queue(bench.name('dead'), { exchange, routingKey: routingKey ?? name })
  bench.willDelete(dead)
  await dead.declare(bench.channel)
  const queue = new Queue(name, {
    ...options,
    queueArguments: {
      ...options.queueArguments,
      'x-dead-letter-exchange': exchange.name,
      ...(routingKey && { 'x-dead-letter-routing-key': routingKey }),
    },
  })
  bench.willDelete(queue)
  await queue.declare(bench.channel)
  const inbox = await Inbox.open(await bench.connection.channel(), [dead])
  const producer = new Producer(bench.connection, { routingKey: name })
  return { queue, dead, inbox, producer, exchange }
}

function lastDeath(message: Message | undefined): Record<string, unknown> {
  const deaths = message?.headers['x-death'] as Record<string, unknown>[] | undefined
  return { ...deaths?.[0] }
}

export function deadLetterConformance({ url }: ConformanceOptions): void {
  describe('dead letters', { timeout: TIMEOUT_MS }, () => {
    test('what is rejected goes to the dead letter exchange, and says where it died', async (t) => {
      const bench = await Bench.open(t, url)
      const { queue, inbox, producer } = await grave(bench)
      await producer.publish({ n: 1 }, { headers: { own: 'kept' }, correlationId: 'c' })
      const message = await queue.get(bench.channel)
      await message?.reject()
      const [dead] = await inbox.first(1)
      assert.deepEqual(
        [dead?.payload, dead?.headers.own, dead?.properties.correlationId],
        [{ n: 1 }, 'kept', 'c'],
      )
      const { count, reason, queue: from, exchange, 'routing-keys': keys } = lastDeath(dead)
      assert.deepEqual(
        [Number(count), reason, from, exchange, keys],
        [1, 'rejected', queue.name, '', [queue.name]],
      )
      assert.equal(dead?.headers['x-first-death-reason'], 'rejected')
      assert.equal(dead?.headers['x-first-death-queue'], queue.name)
      assert.equal((await queue.status(bench.channel)).messageCount, 0)
    })

    test('a consumer’s rejection goes there too, by a key of its own; what is requeued does not', async (t) => {
      const bench = await Bench.open(t, url)
      const { queue, inbox, producer } = await grave(bench, {}, 'another.key')
      await producer.publish('twice')
      const consumer = await Inbox.open(bench.channel, [queue], { prefetchCount: 1 })
      const [first] = await consumer.first(1)
      await first?.requeue()
      const [, second] = await consumer.first(2)
      assert.equal(inbox.messages.length, 0)
      await second?.reject()
      const [dead] = await inbox.first(1)
      assert.deepEqual([dead?.payload, dead?.deliveryInfo.routingKey], ['twice', 'another.key'])
    })

    test('what dies in one queue again is counted', async (t) => {
      const bench = await Bench.open(t, url)
      const { queue, inbox, producer } = await grave(bench)
      await producer.publish('x')
      await (await queue.get(bench.channel))?.reject()
      const [dead] = await inbox.first(1)
      await producer.publish('x', { headers: dead?.headers ?? {} })
      await (await queue.get(bench.channel))?.reject()
      const [, again] = await inbox.first(2)
      assert.equal(Number(lastDeath(again).count), 2)
      assert.ok(Array.isArray(again?.headers['x-death']))
      assert.equal(again.headers['x-death'].length, 1)
    })

    test('what there is no room for goes there, the oldest first', async (t) => {
      const bench = await Bench.open(t, url)
      const { queue, inbox, producer } = await grave(bench, { maxLength: 2 })
      for (const n of [1, 2, 3, 4]) await producer.publish(n)
      const dead = await inbox.first(2)
      assert.deepEqual(bodies(dead), [1, 2])
      assert.equal(lastDeath(dead[0]).reason, 'maxlen')
      assert.equal((await queue.status(bench.channel)).messageCount, 2)
    })

    test('what expires goes there though nobody consumes, where messages expire', async (t) => {
      const bench = await Bench.open(t, url)
      if (!(await bench.connection.connect()).transport.implements.messageTtl) return
      const { queue, inbox, producer } = await grave(bench, { messageTtl: 0.05 })
      await producer.publish('by the queue')
      await producer.publish('by itself', { expiration: 0.02 })
      const dead = await inbox.first(2)
      assert.deepEqual(bodies(dead).sort(), ['by itself', 'by the queue'])
      for (const message of dead) {
        assert.equal(lastDeath(message).reason, 'expired')
        assert.equal(message.properties.expiration, undefined)
      }
      const own = dead.find(({ payload }) => payload === 'by itself')
      assert.equal(lastDeath(own)['original-expiration'], '20')
      assert.equal((await queue.status(bench.channel)).messageCount, 0)
    })

    test('what expires round and round is dropped when it comes back, where messages expire', async (t) => {
      const bench = await Bench.open(t, url)
      if (!(await bench.connection.connect()).transport.implements.messageTtl) return
      const exchange = new Exchange(bench.name('round'), { type: 'fanout', durable: false, autoDelete: true })
      const binding = { exchange, messageTtl: 0.05 }
      const round = await bench.queue({
        ...binding,
        queueArguments: { 'x-dead-letter-exchange': exchange.name },
      })
      const beside = await bench.queue({ exchange })
      const inbox = await Inbox.open(await bench.connection.channel(), [beside])
      await new Producer(bench.connection).publish('round', { routingKey: round.name })
      await inbox.first(1)
      assert.equal((await round.status(bench.channel)).messageCount, 0)
    })

    test('without a dead letter exchange, or with one that is not there, what is rejected is gone', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue({ queueArguments: { 'x-dead-letter-exchange': bench.name('nowhere') } })
      const producer = new Producer(bench.connection, { routingKey: queue.name })
      await producer.publish('gone')
      await producer.publish('next')
      await (await queue.get(bench.channel))?.reject()
      assert.equal((await queue.get(bench.channel))?.payload, 'next')
      assert.equal(bench.channel.isOpen, true)
    })
  })
}
