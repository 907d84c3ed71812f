import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Producer } from '../../../src/index.ts'
import { bodies, Inbox, TIMEOUT_MS } from '../../support.ts'
import { Database, skip, work } from './database.ts'

const ITEMS: readonly (readonly [what: string, item: string | Buffer, contentType: string | undefined])[] = [
  ['a JSON object', '{"type": "hello", "body": "b"}', 'application/json'],
  ['a JSON list', '[1, 2]\n', 'application/json'],
  ['a JSON string', '"안녕"', 'application/json'],
  ['a number', '12345678901234567890', 'application/json'],
  ['null', 'null', 'application/json'],
  ['half an object', '{"half": "object}', undefined],
  ['something in braces', '{neither} JSON {nor text}', undefined],
  ['nothing', '', undefined],
  ['bytes', Buffer.from([0, 0xff, 0x7b, 0x22, 0x7d]), undefined],
  ['bytes in braces', Buffer.from([0x7b, 0xff, 0x22, 0x7d]), undefined],
]

describe('what foreign programs put into a queue', { skip, timeout: TIMEOUT_MS }, () => {
  for (const [what, item, contentType] of ITEMS) {
    test(`${what} is a message with this body, and can be given back and acknowledged`, async (t) => {
      const database = await Database.open(t)
      const connection = await database.connect()
      const channel = await connection.channel()
      await database.client.lPush(database.key('work'), item)
      const first = await work.get(channel)
      assert.deepEqual(first?.body, Buffer.from(item))
      assert.equal(first?.contentType, contentType)
      assert.equal(first?.deliveryInfo.redelivered, false)
      const [entry] = (await database.ledger()) as [object, string, string][]
      assert.equal(entry?.[2], 'work')
      await first?.requeue()
      const again = await work.get(channel)
      assert.deepEqual(again?.body, Buffer.from(item))
      assert.equal(again?.contentType, contentType)
      assert.equal(again?.deliveryInfo.redelivered, true)
      await again?.ack()
      assert.deepEqual(await database.ledger(), [])
      assert.deepEqual(await database.items('work'), [])
      assert.equal(channel.isOpen, true)
    })
  }

  test('a waiting consumer gets it', async (t) => {
    const database = await Database.open(t)
    const connection = await database.connect({ transportOptions: { polling_interval: 3600 } })
    const inbox = await Inbox.open(await connection.channel(), [work])
    for (const n of [1, 2, 3]) {
      await database.client.lPush(database.key('work'), `{"n": ${n}}`)
      assert.deepEqual((await inbox.first(n)).at(-1)?.payload, { n })
    }
  })

  test('an envelope may be without a body encoding, a delivery tag and much else', async (t) => {
    const database = await Database.open(t)
    const channel = await (await database.connect()).channel()
    const envelope = { body: '{"n": 1}', 'content-type': 'application/json', properties: {} }
    await database.client.lPush(database.key('work'), JSON.stringify(envelope))
    const message = await work.get(channel)
    assert.deepEqual(message?.payload, { n: 1 })
    await message?.requeue()
    assert.deepEqual((await work.get(channel))?.payload, { n: 1 })
  })

  test('what is given back is as it was written, but for its marks', async (t) => {
    const database = await Database.open(t)
    const channel = await (await database.connect()).channel()
    const headers = '"headers": {"id": 12345678901234567890, "at": 5.0, "list": [], "none": null}'
    const properties =
      '"properties": {"delivery_tag": "t", "delivery_info": {"exchange": "", "routing_key": "work"}}'
    await database.client.lPush(database.key('work'), `{"body": "e30=", ${headers}, ${properties}}`)
    await (await work.get(channel))?.requeue()
    const [item = ''] = await database.items('work')
    assert.ok(
      item.includes(
        '"headers":{"id":12345678901234567890,"at":5.0,"list":[],"none":null,"redelivered":true}',
      ),
    )
    assert.ok(item.includes('"delivery_info":{"exchange":"","routing_key":"work","redelivered":true}'))
  })

  test('a bare item waits its turn between messages', async (t) => {
    const database = await Database.open(t)
    const connection = await database.connect()
    const producer = new Producer(connection, { routingKey: 'work' })
    await producer.publish('before')
    await database.client.lPush(database.key('work'), '"bare"')
    await producer.publish('after')
    const inbox = await Inbox.open(await connection.channel(), [work])
    assert.deepEqual(bodies(await inbox.first(3)), ['before', 'bare', 'after'])
  })
})
