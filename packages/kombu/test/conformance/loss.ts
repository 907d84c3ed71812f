import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Connection, OperationalError, Producer } from '../../src/index.ts'
import type { ConformanceOptions } from '../conformance.ts'
import { Bench, bodies, Inbox, TIMEOUT_MS } from '../support.ts'

export function lossConformance({ url, cut }: ConformanceOptions): void {
  if (!cut) return
  describe('a cut line', { timeout: TIMEOUT_MS }, () => {
    test('is an OperationalError for whoever drains, and ends the channels', async () => {
      await using connection = await new Connection(url).connect()
      const channel = await connection.channel()
      const draining = assert.rejects(
        connection.drainEvents({ signal: new AbortController().signal }),
        OperationalError,
      )
      await cut(connection)
      await draining
      assert.ok((await channel.closed) instanceof OperationalError)
      assert.equal(channel.isOpen, false)
      assert.equal(connection.isConnected, false)
      await assert.rejects(channel.queueDeclare('x', {}), OperationalError)
    })

    test('is mended by the next call that needs the broker', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      const producer = new Producer(bench.connection, { routingKey: queue.name })
      await producer.publish(1)
      await cut(bench.connection)
      await bench.channel.closed
      await producer.publish(2)
      const inbox = await Inbox.open(await bench.connection.channel(), [queue])
      assert.deepEqual(bodies(await inbox.first(2)), [1, 2])
    })

    test('gives back what was not settled', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await new Producer(bench.connection).publish(1, { routingKey: queue.name })
      await using other = await new Connection(url).connect()
      const inbox = await Inbox.open(await other.channel(), [queue])
      const [message] = await inbox.first(1)
      await cut(other)
      await message?.channel.closed
      const [again] = await (await Inbox.open(bench.channel, [queue])).first(1)
      assert.equal(again?.deliveryInfo.redelivered, true)
      await assert.rejects(async () => message?.ack(), OperationalError)
    })
  })
}
