import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Channel, Message } from '@voice-pocket/kombu'
import { Tries } from '../../../src/worker/consumer-step/tries.ts'

function message(body: string, properties: { messageId?: string } = {}, deliveryTag = '1'): Message {
  const labels = { contentType: undefined, contentEncoding: undefined, headers: {}, consumerTag: undefined }
  const way = { exchange: '', routingKey: 'q', queue: 'q', redelivered: false, deliveryTag }
  const options = { accept: ['json'], maxDecompressedBytes: 1000, noAck: false }
  return new Message({ body: Buffer.from(body), properties, ...labels, ...way }, {} as Channel, options)
}

describe('the tries of messages', () => {
  it('are counted over deliveries, for each message of its own', () => {
    const tries = new Tries()
    assert.equal(tries.count(message('one')), 1)
    assert.equal(tries.count(message('one', {}, '2')), 2)
    assert.equal(tries.count(message('other')), 1)
    assert.equal(tries.count(message('one', { messageId: 'm' })), 1)
    tries.forget(message('one'))
    assert.equal(tries.count(message('one')), 1)
    assert.equal(tries.count(message('other')), 2)
  })

  it('are remembered of ten thousand messages, and of no more', () => {
    const tries = new Tries()
    tries.count(message('first'))
    for (let number = 0; number < 9_999; number++) tries.count(message(String(number)))
    assert.equal(tries.count(message('first')), 2)
    tries.count(message('one more'))
    assert.equal(tries.count(message('0')), 1, 'the longest known was forgotten')
    assert.equal(tries.count(message('first')), 3)
  })
})
