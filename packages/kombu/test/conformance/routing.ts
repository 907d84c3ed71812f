import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Exchange, Producer, type Queue, UnroutableError } from '../../src/index.ts'
import type { ConformanceOptions } from '../conformance.ts'
import { Bench, TIMEOUT_MS } from '../support.ts'

const TOPICS: readonly (readonly [bindingKey: string, routingKey: string, matches: boolean])[] = [
  ['stock.usd.nyse', 'stock.usd.nyse', true],
  ['stock.usd.nyse', 'stock.usd', false],
  ['*.usd.*', 'stock.usd.nyse', true],
  ['*.usd.*', 'stock.eur.nyse', false],
  ['*', 'stock', true],
  ['*', 'stock.usd', false],
  ['#', '', true],
  ['#', 'stock.usd.nyse', true],
  ['stock.#', 'stock', true],
  ['stock.#', 'stock.usd.nyse', true],
  ['stock.#', 'stocks.usd', false],
  ['#.nyse', 'stock.usd.nyse', true],
  ['#.nyse', 'nyse', true],
  ['#.usd.#', 'stock.usd.nyse', true],
  ['#.usd.#', 'usd', true],
  ['#.a.#.b', 'x.a.y.a.z.b', true],
  ['#.a.#.b', 'x.b.y.a', false],
  ['*.#', 'stock', true],
  ['*.#', '', false],
  ['a.*.#.d', 'a.b.d', true],
  ['a.*.#.d', 'a.d', false],
]

export function routingConformance({ url }: ConformanceOptions): void {
  describe('routing', { timeout: TIMEOUT_MS }, () => {
    test('the default exchange delivers to the queue of that name', async (t) => {
      const bench = await Bench.open(t, url)
      const [queue, other] = [await bench.queue(), await bench.queue()]
      await new Producer(bench.connection).publish('for one', { routingKey: queue.name })
      assert.deepEqual(await counts(bench, queue, other), [1, 0])
    })

    test('a direct exchange delivers to every queue bound with that key', async (t) => {
      const bench = await Bench.open(t, url)
      const exchange = new Exchange(bench.name('direct'), { type: 'direct', autoDelete: true })
      const a = await bench.queue({ exchange, routingKey: 'a' })
      const alsoA = await bench.queue({ exchange, routingKey: 'a' })
      const b = await bench.queue({ exchange, routingKey: 'b' })
      await new Producer(bench.connection, { exchange }).publish('x', { routingKey: 'a' })
      assert.deepEqual(await counts(bench, a, alsoA, b), [1, 1, 0])
    })

    test('a fanout exchange delivers to every queue, whatever the key', async (t) => {
      const bench = await Bench.open(t, url)
      const { fanoutPatterns } = bench.connection.transport.implements
      const exchange = new Exchange(bench.name('fanout'), { type: 'fanout', autoDelete: true })
      const a = await bench.queue({ exchange, routingKey: 'a' })
      const b = await bench.queue({ exchange })
      await new Producer(bench.connection, { exchange }).publish('x', {
        routingKey: fanoutPatterns ? 'a' : 'anything',
      })
      assert.deepEqual(await counts(bench, a, b), [1, 1])
    })

    for (const [bindingKey, routingKey, matches] of TOPICS) {
      test(`topic ${bindingKey} ${matches ? 'gets' : 'does not get'} "${routingKey}"`, async (t) => {
        const bench = await Bench.open(t, url)
        const exchange = new Exchange(bench.name('topic'), { type: 'topic', autoDelete: true })
        const queue = await bench.queue({ exchange, routingKey: bindingKey })
        await new Producer(bench.connection, { exchange }).publish('x', { routingKey })
        assert.deepEqual(await counts(bench, queue), [matches ? 1 : 0])
      })
    }

    test('a queue bound twice gets a message once', async (t) => {
      const bench = await Bench.open(t, url)
      const exchange = new Exchange(bench.name('topic'), { type: 'topic', autoDelete: true })
      const bindings = [{ exchange, routingKey: 'a.*' }]
      const queue = await bench.queue({ exchange, routingKey: '#', bindings })
      await new Producer(bench.connection, { exchange }).publish('x', { routingKey: 'a.b' })
      assert.deepEqual(await counts(bench, queue), [1])
    })

    test('an unbound queue gets nothing more', async (t) => {
      const bench = await Bench.open(t, url)
      const exchange = new Exchange(bench.name('direct'))
      const queue = await bench.queue({ exchange, routingKey: 'a' })
      const producer = new Producer(bench.connection, { exchange })
      await producer.publish('before', { routingKey: 'a' })
      await queue.unbindFrom(bench.channel, exchange, 'a')
      await producer.publish('after', { routingKey: 'a' })
      assert.deepEqual(await counts(bench, queue), [1])
      await exchange.delete(bench.channel)
    })

    test('an exchange bound to another gets its messages, and a circle of them ends; or only queues are bound', async (t) => {
      const bench = await Bench.open(t, url)
      const source = new Exchange(bench.name('source'), { type: 'topic' })
      const target = new Exchange(bench.name('target'), { type: 'fanout' })
      if (!bench.connection.transport.implements.exchangeBindings)
        return assert.rejects(async () => {
          for (const exchange of [source, target]) await exchange.declare(bench.channel)
          await target.bindTo(bench.channel, source, 'news.#')
        }, /nothing but queues can be bound/)
      const queue = await bench.queue({ exchange: target })
      await source.declare(bench.channel)
      await target.bindTo(bench.channel, source, 'news.#')
      await source.bindTo(bench.channel, target)
      const producer = new Producer(bench.connection, { exchange: source })
      await producer.publish('in', { routingKey: 'news.today' })
      await producer.publish('out', { routingKey: 'weather' })
      assert.deepEqual(await counts(bench, queue), [1])
      await source.delete(bench.channel)
      await target.delete(bench.channel)
    })

    test('a message that reaches no queue is dropped, unless it is mandatory', async (t) => {
      const bench = await Bench.open(t, url)
      const exchange = new Exchange(bench.name('direct'))
      const producer = new Producer(bench.connection, { exchange })
      await producer.publish('dropped', { routingKey: 'nobody' })
      await assert.rejects(
        producer.publish('missed', { routingKey: 'nobody', mandatory: true }),
        UnroutableError,
      )
      const queue = await bench.queue({ exchange, routingKey: 'somebody' })
      await producer.publish('kept', { routingKey: 'somebody', mandatory: true })
      assert.deepEqual(await counts(bench, queue), [1])
      await exchange.delete(bench.channel)
    })

    test('a producer declares what it is told to, once, before it publishes', async (t) => {
      const bench = await Bench.open(t, url)
      const exchange = new Exchange(bench.name('direct'), { autoDelete: true })
      const queue = await bench.queue({ exchange, routingKey: 'a' })
      await queue.delete(bench.channel)
      const producer = new Producer(bench.connection)
      await Promise.all(
        [1, 2, 3].map((n) =>
          producer.publish(n, { exchange, routingKey: 'a', declare: [queue], mandatory: true }),
        ),
      )
      assert.deepEqual(await counts(bench, queue), [3])
    })
  })
}

async function counts(bench: Bench, ...queues: readonly Queue[]): Promise<number[]> {
  const statuses = await Promise.all(queues.map((queue) => queue.status(bench.channel)))
  return statuses.map(({ messageCount }) => messageCount)
}
