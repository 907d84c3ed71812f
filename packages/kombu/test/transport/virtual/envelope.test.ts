import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvelope, writeEnvelope } from '../../../src/transport/virtual/envelope.ts'

test('an envelope has the form of Kombu’s virtual transports', () => {
  const text = writeEnvelope(
    {
      body: Buffer.from('[[1],{},{}]'),
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      headers: { task: 'tasks.add' },
      properties: { correlationId: 'c', replyTo: 'r', deliveryMode: 2, expiration: '1000' },
    },
    'ex',
    'key',
  )
  const { properties, ...envelope } = JSON.parse(text)
  const { delivery_tag: tag, ...others } = properties
  assert.deepEqual(envelope, {
    body: 'W1sxXSx7fSx7fV0=',
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: { task: 'tasks.add' },
  })
  assert.deepEqual(others, {
    priority: 0,
    correlation_id: 'c',
    reply_to: 'r',
    delivery_mode: 2,
    expiration: '1000',
    delivery_info: { exchange: 'ex', routing_key: 'key' },
    body_encoding: 'base64',
  })
  assert.match(tag, /^[0-9a-f-]{36}$/)
})

test('an envelope of another program may leave out what it likes', () => {
  assert.deepEqual(readEnvelope('{"body": "plain", "properties": {"correlation_id": null}}'), {
    body: Buffer.from('plain'),
    contentType: undefined,
    contentEncoding: undefined,
    headers: {},
    properties: {},
    exchange: '',
    routingKey: '',
  })
})

for (const text of ['{"uuid": "u", "text": "안녕"}', '[1]', '{"body": 5}', '{"body": "b"}', 'null', ' 7\n']) {
  test(`${JSON.stringify(text)} is JSON and no envelope, so it is the body`, () => {
    const { body, contentType, contentEncoding } = readEnvelope(text)
    assert.equal(String(body), text)
    assert.deepEqual([contentType, contentEncoding], ['application/json', 'utf-8'])
  })
}

for (const text of ['no json at all', '', '{"body": "b", "properties": {}']) {
  test(`${JSON.stringify(text)} is no JSON, so it is the body as it is`, () => {
    const { body, contentType } = readEnvelope(text)
    assert.equal(String(body), text)
    assert.equal(contentType, undefined)
  })
}

test('what JSON.parse made of an envelope is taken for what it says, but where Kombu means more by it', () => {
  const plain = '{"body": "b", "headers": {"n": 1}, "properties": {}}'
  const looked = JSON.parse(plain)
  assert.equal(readEnvelope(plain, looked).headers, looked.headers)
  const time = '{"__type__": "datetime", "__value__": "2026-01-02T03:04:05"}'
  const tagged = `{"body": "b", "headers": {"at": ${time}, "n": 12345678901234567890}, "properties": {}}`
  const { headers } = readEnvelope(tagged, JSON.parse(tagged))
  assert.deepEqual(headers, { at: new Date('2026-01-02T03:04:05Z'), n: 12345678901234567890n })
})
