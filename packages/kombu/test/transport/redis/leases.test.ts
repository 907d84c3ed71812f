import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Producer } from '../../../src/index.ts'
import { Inbox, TIMEOUT_MS } from '../../support.ts'
import { Database, skip, work } from './database.ts'

describe('who holds what in Redis', { skip, timeout: TIMEOUT_MS }, () => {
  test('what is held for longer than the visibility timeout is renewed, and comes to nobody else', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 0.6 })
    const connection = await database.connect()
    const inbox = await Inbox.open(await connection.channel(), [work])
    const renewed = await database.spy('ZADD', 'unacked_index')
    const swept = await database.spy('DEL', 'unacked_mutex')
    await new Producer(connection).publish('long', { routingKey: 'work' })
    const [message] = await inbox.first(1)
    const other = await Inbox.open(await (await database.connect()).channel(), [work])
    // Taken once and renewed five times: that is more than one and a half timeouts.
    await Promise.all([renewed.times(6), swept.times(8)])
    assert.equal(inbox.messages.length + other.messages.length, 1)
    await message?.ack()
    assert.deepEqual(await database.ledger(), [])
  })

  test('a message is restored by one sweep at a time, under Kombu’s lock', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 60 })
    const tried = await database.spy('SET', 'unacked_mutex')
    await database.client.set(database.key('unacked_mutex'), 'somebody else')
    const entry = JSON.stringify([{ body: 'x', properties: { body_encoding: 'utf-8' } }, '', 'work'])
    await database.client.hSet(database.key('unacked'), 'tag', entry)
    await database.client.zAdd(database.key('unacked_index'), { score: 1, value: 'tag' })
    const first = await Inbox.open(await (await database.connect()).channel(), [work])
    await tried.times(1)
    await first.cancel()
    assert.equal((await database.ledger()).length, 1)
    assert.equal(await database.client.get(database.key('unacked_mutex')), 'somebody else')
    await database.client.del(database.key('unacked_mutex'))
    const inbox = await Inbox.open(await (await database.connect()).channel(), [work])
    const [message] = await inbox.first(1)
    assert.equal(String(message?.body), 'x')
    assert.equal(message?.deliveryInfo.redelivered, true)
  })

  test('a settlement that comes after a restoration changes nothing', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 36_000 })
    const connection = await database.connect()
    const slow = await Inbox.open(await connection.channel(), [work])
    await new Producer(connection).publish('twice', { routingKey: 'work' })
    const [message] = await slow.first(1)
    await slow.cancel()
    await database.age(72_000)
    const other = await Inbox.open(await (await database.connect()).channel(), [work])
    await other.first(1)
    await message?.ack()
    assert.equal((await database.ledger()).length, 1)
  })

  test('a server that does not tell of changes is looked at now and then', async (t) => {
    const database = await Database.open(t, { polling_interval: 0.05 })
    const address = new URL(database.url)
    address.username = database.key('user').replaceAll('.', '-')
    address.password = 'secret'
    const { client } = database
    const rules = ['on', '>secret', '~*', '&*', '+@all', '-client|tracking']
    await client.sendCommand(['ACL', 'SETUSER', address.username, ...rules])
    try {
      await using connection = await database.connect({}, address.href)
      const inbox = await Inbox.open(await connection.channel(), [work])
      await new Producer(await database.connect(), { routingKey: 'work' }).publish('found')
      assert.equal((await inbox.first(1))[0]?.payload, 'found')
    } finally {
      await client.sendCommand(['ACL', 'DELUSER', address.username])
    }
  })
})
