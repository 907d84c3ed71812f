import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Producer } from '../../../src/index.ts'
import { Bench, Inbox, TIMEOUT_MS } from '../../support.ts'

const URL = 'memory://delivery-loop'

test('a long queue does not starve a short one', { timeout: TIMEOUT_MS }, async (t) => {
  const bench = await Bench.open(t, URL)
  const [long, short] = [await bench.queue(), await bench.queue()]
  const producer = new Producer(bench.connection)
  for (let n = 0; n < 50; n += 1) await producer.publish(n, { routingKey: long.name })
  await producer.publish('short', { routingKey: short.name })
  const inbox = await Inbox.open(bench.channel, [long, short], { prefetchCount: 1, globalPrefetch: true })
  for (let count = 1; count <= 4; count += 1) {
    const messages = await inbox.first(count)
    await messages[count - 1]?.ack()
  }
  assert.ok(inbox.messages.slice(0, 4).some((message) => message.payload === 'short'))
})

test('consumers that come and go while messages are claimed lose none', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const bench = await Bench.open(t, URL)
  const queue = await bench.queue()
  const producer = new Producer(bench.connection, { routingKey: queue.name })
  const numbers = Array.from({ length: 300 }, (_, n) => n)
  const published = Promise.all(numbers.map((n) => producer.publish(n)))
  const seen = new Set<unknown>()
  while (seen.size < numbers.length) {
    const inbox = await Inbox.open(bench.channel, [queue], { prefetchCount: 7 })
    await inbox.first(1)
    await inbox.cancel()
    for (const message of inbox.messages) seen.add(message.payload)
    await Promise.all(inbox.messages.map((message) => message.ack()))
  }
  await published
  assert.deepEqual(
    [...seen].sort((a, b) => Number(a) - Number(b)),
    numbers,
  )
})
