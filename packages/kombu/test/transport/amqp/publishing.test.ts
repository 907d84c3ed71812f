import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  ChannelError,
  InvalidValueError,
  OperationalError,
  Producer,
  UnroutableError,
} from '../../../src/index.ts'
import { Bench, bodies, Inbox, service, TIMEOUT_MS } from '../../support.ts'

const { url, skip } = service('AMQP_URL')

const payload = (body: string | Buffer, messageId?: string) => ({
  body: Buffer.from(body),
  contentType: 'text/plain',
  contentEncoding: 'utf-8',
  headers: {},
  properties: messageId === undefined ? {} : { messageId },
})

describe('publishing to RabbitMQ', { skip, timeout: TIMEOUT_MS }, () => {
  test('of many messages in flight exactly the unroutable ones are refused', async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => {
        const routingKey = n % 3 === 0 ? bench.name('nowhere') : queue.name
        return bench.channel.basicPublish(payload(String(n)), { exchange: '', routingKey, mandatory: true })
      }),
    )
    outcomes.forEach((outcome, n) => {
      assert.equal(outcome.status, n % 3 === 0 ? 'rejected' : 'fulfilled', `message ${n}`)
      if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof UnroutableError)
    })
    assert.equal((await queue.status(bench.channel)).messageCount, 133)
  })

  test('of equal messages in flight only the one that came too late is refused', async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    const target = { exchange: '', routingKey: queue.name, mandatory: true }
    const publish = () => bench.channel.basicPublish(payload('same'), target)
    const onTime = publish()
    const deleted = bench.channel.queueDelete(queue.name)
    const tooLate = assert.rejects(publish(), UnroutableError)
    await onTime
    assert.equal(await deleted, 1)
    await tooLate
  })

  test('a channel that the broker closes refuses what was in flight and what waited', async (t) => {
    const bench = await Bench.open(t, url)
    const publishing = Array.from({ length: 300 }, (_, n) =>
      bench.channel.basicPublish(payload(String(n)), { exchange: bench.name('missing'), routingKey: '' }),
    )
    for (const outcome of await Promise.allSettled(publishing)) {
      assert.equal(outcome.status, 'rejected')
      assert.ok(outcome.reason instanceof ChannelError)
      assert.equal(outcome.reason.code, 404)
    }
    assert.ok((await bench.channel.closed) instanceof ChannelError)
  })

  test('closing a channel waits until what it publishes is confirmed', async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    const channel = await bench.connection.channel()
    const target = { exchange: '', routingKey: queue.name }
    const publishing = Array.from({ length: 300 }, (_, n) => channel.basicPublish(payload(String(n)), target))
    await channel.close()
    await Promise.all(publishing)
    assert.equal((await queue.status(bench.channel)).messageCount, 300)
  })

  test('large messages keep their order and arrive whole', async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    const target = { exchange: '', routingKey: queue.name }
    const sizes = [6_000_000, 0, 3_000, 4_000_000, 1]
    await Promise.all(
      sizes.map((size, n) => bench.channel.basicPublish(payload(Buffer.alloc(size, n)), target)),
    )
    const inbox = await Inbox.open(bench.channel, [queue])
    const messages = await inbox.first(sizes.length)
    assert.deepEqual(
      messages.map(({ body }) => body.length),
      sizes,
    )
    messages.forEach(({ body }, n) => {
      assert.ok(body.every((byte) => byte === n))
    })
  })

  test('a message that a full queue rejects is not confirmed', async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue({ maxLength: 1, queueArguments: { 'x-overflow': 'reject-publish' } })
    const target = { exchange: '', routingKey: queue.name }
    await bench.channel.basicPublish(payload('fits'), target)
    await assert.rejects(bench.channel.basicPublish(payload('does not'), target), {
      name: OperationalError.name,
      message: /basic\.nack/,
    })
    assert.equal(bench.channel.isOpen, true)
  })

  test('a value that AMQP cannot carry is refused, and the channel stays open', async (t) => {
    const bench = await Bench.open(t, url)
    const producer = new Producer(bench.channel, { routingKey: (await bench.queue()).name })
    const refused = [
      { routingKey: 'k'.repeat(256) },
      { priority: 256 },
      { timestamp: 1.5 },
      { headers: { big: 'x'.repeat(70_000) } },
      { headers: { ['h'.repeat(256)]: 1 } },
      { headers: { call: () => 1 } },
      { headers: { big: 2n ** 63n } },
      { headers: { map: new Map() } },
      { headers: { early: new Date(-1) } },
    ]
    for (const options of refused) await assert.rejects(producer.publish('x', options), InvalidValueError)
    await producer.publish('fine')
    assert.equal(bench.channel.isOpen, true)
  })

  test('a quorum queue works with a prefetch count per consumer', async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue({ queueArguments: { 'x-queue-type': 'quorum' } })
    const inbox = await Inbox.open(bench.channel, [queue], { prefetchCount: 2 })
    const producer = new Producer(bench.connection, { routingKey: queue.name })
    for (const n of [1, 2, 3]) await producer.publish(n)
    const [first] = await inbox.first(2)
    await first?.ack()
    assert.deepEqual(bodies(await inbox.first(3)), [1, 2, 3])
  })
})
