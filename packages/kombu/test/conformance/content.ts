import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { ContentDisallowed, DecodeError, Producer, type PublishMessageOptions } from '../../src/index.ts'
import type { ConformanceOptions } from '../conformance.ts'
import { Bench, Inbox, TIMEOUT_MS } from '../support.ts'

async function roundTrip(bench: Bench, body: unknown, options: PublishMessageOptions = {}) {
  const queue = await bench.queue()
  await new Producer(bench.connection).publish(body, { ...options, routingKey: queue.name })
  const message = await queue.get(bench.channel, { accept: ['json', 'msgpack'] })
  assert.ok(message)
  return message
}

export function contentConformance({ url }: ConformanceOptions): void {
  describe('content', { timeout: TIMEOUT_MS }, () => {
    const value = { text: '안녕하세요 🙂', list: [1, 2.5, null, true], nested: { empty: '' } }

    for (const serializer of ['json', 'msgpack']) {
      test(`a value written as ${serializer} comes back equal`, async (t) => {
        const message = await roundTrip(await Bench.open(t, url), value, { serializer })
        assert.deepEqual(message.payload, value)
      })
    }

    for (const compression of ['gzip', 'brotli', 'zstd']) {
      test(`a body compressed with ${compression} comes back equal`, async (t) => {
        const body = { text: 'abc'.repeat(10_000) }
        const message = await roundTrip(await Bench.open(t, url), body, { compression })
        assert.ok(message.body.length < 3_000)
        assert.deepEqual(message.payload, body)
      })
    }

    test('bytes come back as they were', async (t) => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
      const message = await roundTrip(await Bench.open(t, url), bytes, {
        contentType: 'application/octet-stream',
      })
      assert.deepEqual(message.body, bytes)
      assert.equal(message.contentType, 'application/octet-stream')
      assert.equal(message.contentEncoding, 'binary')
    })

    test('an empty body is a body', async (t) => {
      const message = await roundTrip(await Bench.open(t, url), '', { contentType: 'text/plain' })
      assert.equal(message.payload, '')
    })

    test('a body of five megabytes arrives whole', async (t) => {
      const bytes = randomBytes(5 * 1024 * 1024)
      const message = await roundTrip(await Bench.open(t, url), bytes, { serializer: 'raw' })
      assert.ok(message.body.equals(bytes))
    })

    test('headers and properties arrive with the message', async (t) => {
      const message = await roundTrip(await Bench.open(t, url), 'x', {
        headers: {
          task: 'tasks.add',
          retries: 0,
          nothing: null,
          list: [1, null],
          nested: { ok: true },
          한글: '값',
        },
        correlationId: 'c-1',
        replyTo: 'answers',
        messageId: 'm-1',
        timestamp: 1_700_000_000,
        type: 'greeting',
        appId: 'tests',
        priority: 3,
        deliveryMode: 1,
      })
      assert.deepEqual(message.headers, {
        task: 'tasks.add',
        retries: 0,
        nothing: null,
        list: [1, null],
        nested: { ok: true },
        한글: '값',
      })
      assert.deepEqual(message.properties, {
        correlationId: 'c-1',
        replyTo: 'answers',
        messageId: 'm-1',
        timestamp: 1_700_000_000,
        type: 'greeting',
        appId: 'tests',
        priority: 3,
        deliveryMode: 1,
      })
    })

    test('the message says where it comes from', async (t) => {
      const bench = await Bench.open(t, url)
      const queue = await bench.queue()
      await new Producer(bench.connection).publish('x', { routingKey: queue.name })
      const [message] = await (await Inbox.open(bench.channel, [queue], { tagPrefix: 'mine-' })).first(1)
      const { consumerTag, ...info } = message?.deliveryInfo ?? {}
      assert.deepEqual(info, { exchange: '', routingKey: queue.name, queue: queue.name, redelivered: false })
      assert.match(consumerTag ?? '', /^mine-/)
    })

    test('content that is not accepted is refused and stays unsettled', async (t) => {
      const bench = await Bench.open(t, url)
      const message = await roundTrip(bench, Buffer.from('cos\nsystem\n'), {
        contentType: 'application/x-python-serialize',
      })
      assert.throws(() => message.payload, ContentDisallowed)
      assert.throws(() => message.payload, /pickle .*accept is \[json, msgpack\].*never decoded/)
      assert.equal(message.acknowledged, false)
    })

    test('a body that is not what its content type says is a DecodeError', async (t) => {
      const message = await roundTrip(await Bench.open(t, url), '{"half":', {
        contentType: 'application/json',
      })
      assert.throws(() => message.payload, DecodeError)
    })
  })
}
