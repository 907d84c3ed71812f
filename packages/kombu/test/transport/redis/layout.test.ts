import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Channel,
  ChannelError,
  Exchange,
  InvalidValueError,
  Producer,
  Queue,
} from '../../../src/index.ts'
import type { Delivery } from '../../../src/transport/base.ts'
import { bodies, Inbox, TIMEOUT_MS } from '../../support.ts'
import { Database, skip, work } from './database.ts'

const SEP = '\x06\x16'

describe('what is where in Redis', { skip, timeout: TIMEOUT_MS }, () => {
  test('a queue is a list for each priority step', async (t) => {
    const database = await Database.open(t)
    const producer = new Producer(await database.connect(), { routingKey: 'work' })
    for (const priority of [0, 2, 3, 5, 6, 9, 255]) await producer.publish(priority, { priority })
    const counts = await Promise.all(
      ['work', `work${SEP}3`, `work${SEP}6`, `work${SEP}9`].map((list) =>
        database.client.lLen(database.key(list)),
      ),
    )
    assert.deepEqual(counts, [2, 2, 1, 2])
  })

  test('who consumes is told when something arrives, and need not look each polling interval', async (t) => {
    const database = await Database.open(t, { polling_interval: 3600 })
    const connection = await database.connect()
    const broadcasts = new Queue('ear', { exchange: new Exchange('all', { type: 'fanout' }) })
    const inbox = await Inbox.open(await connection.channel(), [broadcasts, work], { autoDeclare: true })
    const producer = new Producer(await database.connect())
    for (const count of [1, 2, 3]) {
      await producer.publish(count, { routingKey: 'work' })
      await inbox.first(count)
      await inbox.messages.at(-1)?.ack()
    }
    assert.deepEqual(bodies(inbox.messages), [1, 2, 3])
  })

  test('the layout is as transport options say', async (t) => {
    const database = await Database.open(t, {
      sep: ':',
      priority_steps: [0, 5],
      unacked_key: 'held',
      unacked_index_key: 'held_since',
    })
    const connection = await database.connect()
    const producer = new Producer(connection, { routingKey: 'work' })
    await producer.publish('x', { priority: 7 })
    const channel = await connection.channel()
    await new Queue('bound', { exchange: 'jobs', routingKey: 'job' }).declare(channel)
    assert.equal(await database.client.lLen(database.key('work:5')), 1)
    assert.deepEqual(await database.client.sMembers(database.key('_kombu.binding.jobs')), ['job::bound'])
    await work.get(channel)
    assert.equal(await database.client.hLen(database.key('held')), 1)
    assert.equal(await database.client.zCard(database.key('held_since')), 1)
  })

  test('a held message is in the ledger with the queue it goes back to, and leaves it when settled', async (t) => {
    const database = await Database.open(t)
    const connection = await database.connect()
    const exchange = new Exchange('jobs')
    const queue = new Queue('bound', { exchange, routingKey: 'job' })
    const channel = await connection.channel()
    await queue.declare(channel)
    await new Producer(connection, { exchange }).publish('x', { routingKey: 'job' })
    const [envelope = ''] = await database.items('bound')
    const message = await queue.get(channel)
    assert.deepEqual(await database.ledger(), [[JSON.parse(envelope), '', 'bound']])
    const [held] = await database.client.zRangeWithScores(database.key('unacked_index'), 0, -1)
    assert.ok(Math.abs((held?.score ?? 0) - Date.now() / 1000) < 60)
    await message?.ack()
    assert.deepEqual(await database.ledger(), [])
    assert.equal(await database.client.exists(database.key('unacked_index')), 0)
  })

  for (const [name, options, channel] of [
    ['by default', {}, '/0.all/key'],
    ['with a prefix of one’s own', { fanout_prefix: '/{db}/mine.' }, '/0/mine.all/key'],
    ['without a prefix', { fanout_prefix: false }, 'all/key'],
    ['without patterns', { fanout_patterns: false }, '/0.all'],
  ] as const) {
    test(`a broadcast is published on Kombu’s channel ${name}`, async (t) => {
      const database = await Database.open(t, options)
      const listener = await database.client.duplicate().connect()
      t.after(() => listener.destroy())
      const { promise, resolve } = Promise.withResolvers<string>()
      const { pathname } = new URL(database.url)
      const db = pathname.slice(1) || '0'
      await listener.subscribe(database.key(channel.replace('/0', `/${db}`)), resolve)
      const exchange = new Exchange('all', { type: 'fanout' })
      const producer = new Producer(await database.connect(), { exchange })
      await producer.publish({ n: 1 }, { routingKey: 'key', mandatory: true })
      assert.equal(JSON.parse(await promise).properties.delivery_info.routing_key, 'key')
    })
  }

  test('a key of a fanout binding is a pattern, and none is everything', async (t) => {
    const database = await Database.open(t)
    const connection = await database.connect()
    const channel = await connection.channel()
    const exchange = new Exchange('events', { type: 'fanout' })
    const some = new Queue('some', { exchange, routingKey: 'worker.#' })
    const every = new Queue('every', { exchange })
    for (const queue of [some, every]) await queue.declare(channel)
    const producer = new Producer(connection, { exchange })
    for (const routingKey of ['worker.online', 'task.sent', ''])
      await producer.publish(routingKey, { routingKey })
    assert.equal((await some.status(channel)).messageCount, 1)
    assert.equal((await every.status(channel)).messageCount, 3)
  })

  test('foreign programs may say the same twice', async (t) => {
    const database = await Database.open(t)
    const channel = await (await database.connect()).channel()
    const exchange = new Exchange('all', { type: 'fanout' })
    const twice = [{ exchange, routingKey: 'tick' }]
    const queue = new Queue('ticks', { exchange, bindings: twice })
    await queue.declare(channel)
    const { pathname } = new URL(database.url)
    const target = database.key(`/${pathname.slice(1) || '0'}.all/tick`)
    for (const tick of ['"tick"', '"tick"']) await database.client.publish(target, tick)
    const inbox = await Inbox.open(channel, [queue])
    assert.deepEqual(bodies(await inbox.first(2)), ['tick', 'tick'])
  })

  test('any queue can be consumed from, whoever made it', async (t) => {
    const database = await Database.open(t)
    const connection = await database.connect()
    const inbox = await Inbox.open(await connection.channel(), [new Queue('theirs', { noDeclare: true })])
    await database.client.lPush(database.key('theirs'), '{"a": 1}')
    assert.deepEqual(bodies(await inbox.first(1)), [{ a: 1 }])
    const producer = new Producer(connection, { mandatory: true })
    await producer.publish('to nobody in sight', { routingKey: 'unheard-of' })
    assert.equal((await database.items('unheard-of')).length, 1)
  })

  test('an exchange that others declared is known by its bindings', async (t) => {
    const database = await Database.open(t)
    const others = database.key('_kombu.binding.theirs')
    await database.client.sAdd(others, `stock.#${SEP}^stock\\..*?$${SEP}a`)
    await new Producer(await database.connect()).publish('x', { exchange: 'theirs', routingKey: 'stock.usd' })
    assert.equal((await database.items('a')).length, 1)
  })

  test('an exchange cannot be bound to an exchange', async (t) => {
    const database = await Database.open(t)
    const channel = await (await database.connect()).channel()
    const [source, target] = [new Exchange('source'), new Exchange('target')]
    for (const exchange of [source, target]) await exchange.declare(channel)
    await assert.rejects(target.bindTo(channel, source), (error) => {
      assert.ok(error instanceof ChannelError)
      assert.equal(error.code, 540)
      return true
    })
  })

  test('queues are served in turn, by name, or in the order they were consumed from', async (t) => {
    for (const [strategy, expected] of [
      ['round_robin', ['a', 'b', 'a', 'b']],
      ['sorted', ['a', 'a', 'b', 'b']],
      ['priority', ['b', 'b', 'a', 'a']],
    ] as const) {
      const database = await Database.open(t, { queue_order_strategy: strategy })
      const connection = await database.connect()
      const producer = new Producer(connection)
      for (const queue of ['hold', 'a', 'b', 'a', 'b']) await producer.publish(queue, { routingKey: queue })
      const order = await orderOfDelivery(await connection.channel(), ['hold', 'b', 'a'], 5)
      assert.deepEqual([strategy, ...order], [strategy, 'hold', ...expected])
    }
  })

  for (const [name, value] of [
    ['visibility_timeout', 0],
    ['sep', 3],
    ['priority_steps', [3, 6]],
    ['queue_order_strategy', 'random'],
    ['fanout_prefix', 7],
  ] as const) {
    test(`${name} ${JSON.stringify(value)} is refused by name`, async (t) => {
      const database = await Database.open(t, { [name]: value })
      await assert.rejects(database.connect(), (error: Error) => {
        assert.ok(error instanceof InvalidValueError)
        assert.match(error.message, new RegExp(`${name} is .*it must be`))
        return true
      })
    })
  }
})

/** Of the queues, one message at a time; the first queue's is settled when all are consumed from. */
async function orderOfDelivery(
  channel: Channel,
  [first = '', ...others]: readonly string[],
  count: number,
): Promise<string[]> {
  const order: string[] = []
  const begun = Promise.withResolvers<string>()
  const done = Promise.withResolvers<void>()
  const take = ({ body, deliveryTag }: Delivery) => {
    order.push(JSON.parse(String(body)))
    if (order.length === count) done.resolve()
    if (order.length === 1) begun.resolve(deliveryTag)
    else channel.basicAck(deliveryTag).catch(done.reject)
  }
  await channel.basicQos(1, { global: true })
  await channel.basicConsume(first, { onDelivery: take })
  const tag = await begun.promise
  for (const queue of others) await channel.basicConsume(queue, { onDelivery: take })
  await channel.basicAck(tag)
  await done.promise
  return order
}
