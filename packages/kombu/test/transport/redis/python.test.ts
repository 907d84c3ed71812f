import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Exchange, Mailbox, Producer, Queue } from '../../../src/index.ts'
import { bodies, Inbox, TIMEOUT_MS } from '../../support.ts'
import { Database, skipWithoutPython, work } from './database.ts'
import { KombuPeer, startCeleryWorker } from './python.ts'

const topic = new Exchange('news', { type: 'topic' })

describe('Redis shared with Python’s Kombu', { skip: skipWithoutPython(), timeout: 2 * TIMEOUT_MS }, () => {
  test('reads what Kombu puts, through every kind of exchange', async (t) => {
    const database = await Database.open(t)
    const kombu = await KombuPeer.start(t, database)
    const channel = await (await database.connect()).channel()
    const queues = [
      work,
      new Queue('direct', { exchange: 'jobs', routingKey: 'job' }),
      new Queue('topic', { exchange: topic, routingKey: 'stock.#' }),
      new Queue('fanout', { exchange: new Exchange('all', { type: 'fanout' }) }),
    ]
    for (const queue of queues) await queue.declare(channel)
    const inbox = await Inbox.open(channel, queues)
    await kombu.ask('publish', { body: { to: 'work' }, routing_key: 'work', headers: { a: [1, null] } })
    await kombu.ask('publish', { body: { to: 'direct' }, exchange: 'jobs', routing_key: 'job' })
    await kombu.ask('publish', {
      body: { to: 'topic' },
      exchange: 'news',
      type: 'topic',
      routing_key: 'stock.usd.nyse',
    })
    await kombu.ask('publish', { body: { to: 'fanout' }, exchange: 'all', type: 'fanout' })
    const messages = await inbox.first(4)
    const received = new Map(messages.map((message) => [message.deliveryInfo.queue, message]))
    for (const { name } of queues) assert.deepEqual(received.get(name)?.payload, { to: name })
    assert.deepEqual(received.get('work')?.headers, { a: [1, null] })
    assert.equal(received.get('work')?.properties.deliveryMode, 2)
    assert.equal(received.get('topic')?.deliveryInfo.routingKey, 'stock.usd.nyse')
    for (const message of messages) await message.ack()
    assert.deepEqual(await database.ledger(), [])
  })

  test('writes what Kombu reads, through every kind of exchange', async (t) => {
    const database = await Database.open(t)
    const kombu = await KombuPeer.start(t, database)
    const producer = new Producer(await database.connect())
    await kombu.ask('declare', { name: 'topic', exchange: 'news', type: 'topic', routing_key: '*.usd' })
    await producer.publish({ n: 1 }, { routingKey: 'work', headers: { 한글: '값' }, correlationId: 'c-1' })
    await producer.publish({ n: 2 }, { exchange: 'news', routingKey: 'stock.usd' })
    await producer.publish({ n: 3 }, { exchange: 'news', routingKey: 'stock.eur' })
    await kombu.consume(1, { name: 'work' })
    const [first] = (await kombu.answer()) as Record<string, unknown>[]
    assert.deepEqual(first?.body, { n: 1 })
    assert.deepEqual(first?.headers, { 한글: '값' })
    assert.deepEqual(first?.delivery_info, { exchange: '', routing_key: 'work' })
    assert.equal(Object(first?.properties).correlation_id, 'c-1')
    await kombu.consume(1, { name: 'topic', exchange: 'news', type: 'topic', routing_key: '*.usd' })
    const [second] = (await kombu.answer()) as Record<string, unknown>[]
    assert.deepEqual(second?.body, { n: 2 })
    await kombu.consume(1, { name: 'mine', exchange: 'all', type: 'fanout' })
    await producer.publish({ n: 4 }, { exchange: new Exchange('all', { type: 'fanout' }), declare: [all] })
    const [third] = (await kombu.answer()) as Record<string, unknown>[]
    assert.deepEqual(third?.body, { n: 4 })
  })

  test('binds as Kombu binds: the same member of the same set', async (t) => {
    const database = await Database.open(t)
    const kombu = await KombuPeer.start(t, database)
    const channel = await (await database.connect()).channel()
    const keys = ['', 'plain', 'stock.*.nyse', '#', 'a-b.#.c_d', '말.*', 'a+b.(c)']
    for (const type of ['direct', 'topic', 'fanout'] as const) {
      const exchange = new Exchange(`${type} exchange`, { type })
      for (const key of keys) {
        await new Queue('work', { exchange, routingKey: key }).declare(channel)
        await kombu.ask('declare', { name: 'work', exchange: exchange.name, type, routing_key: key })
      }
      const members = await database.client.sMembers(database.key(`_kombu.binding.${type} exchange`))
      assert.equal(members.length, keys.length, members.join('; '))
    }
  })

  test('serves priorities in Kombu’s order, whoever put them', async (t) => {
    const database = await Database.open(t)
    const kombu = await KombuPeer.start(t, database)
    const connection = await database.connect()
    const producer = new Producer(connection, { routingKey: 'work' })
    for (const priority of [9, 5, 0, 3]) {
      await kombu.ask('publish', { body: `python ${priority}`, routing_key: 'work', priority })
      await producer.publish(`node ${priority}`, { priority })
    }
    const inbox = await Inbox.open(await connection.channel(), [work])
    assert.deepEqual(bodies(await inbox.first(8)), [
      'python 0',
      'node 0',
      'python 5',
      'node 5',
      'python 3',
      'node 3',
      'python 9',
      'node 9',
    ])
  })

  test('shares a queue: every message is done once', async (t) => {
    const database = await Database.open(t)
    const kombu = await KombuPeer.start(t, database)
    const connection = await database.connect()
    const producer = new Producer(connection, { routingKey: 'work' })
    const inbox = await Inbox.open(await connection.channel(), [work], { prefetchCount: 1 })
    await kombu.consume(5, { name: 'work' })
    const numbers = Array.from({ length: 20 }, (_, n) => n)
    // Ours takes one and holds it until Python, which needs five, has had its share.
    await Promise.all(numbers.map((n) => producer.publish(n)))
    const theirs = ((await kombu.answer()) as { body: number }[]).map(({ body }) => body)
    const ours: unknown[] = []
    for (let taken = 1; taken <= 20 - theirs.length; taken += 1) {
      const message = (await inbox.first(taken)).at(-1)
      ours.push(message?.payload)
      await message?.ack()
    }
    assert.deepEqual(
      [...theirs, ...ours].sort((a, b) => Number(a) - Number(b)),
      numbers,
    )
    assert.deepEqual(await database.ledger(), [])
  })

  test('Kombu’s sweep gives back what a dead one of ours held, to the queue it came from', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 5 })
    const kombu = await KombuPeer.start(t, database)
    // Ours is as good as dead: for hours it neither renews nor sweeps.
    const connection = await database.connect({ transportOptions: { visibility_timeout: 36_000 } })
    const channel = await connection.channel()
    // Bound twice to one exchange: Kombu gives its own messages back to every queue that is bound.
    for (const name of ['a', 'b']) {
      await new Queue(name, { exchange: topic, routingKey: '#' }).declare(channel)
    }
    await new Producer(connection, { exchange: topic }).publish({ n: 1 }, { routingKey: 'x' })
    await database.client.lPush(database.key('a'), ['{"bare": 1}', '[1, 2]', '"text"'])
    const held = await Inbox.open(channel, [new Queue('a')])
    await held.first(4)
    await held.cancel()
    await database.age(10)
    await kombu.ask('restore_visible')
    assert.deepEqual(await database.ledger(), [])
    assert.equal((await database.items('b')).length, 1)
    const again = await (await Inbox.open(await connection.channel(), [new Queue('a')])).first(4)
    assert.deepEqual(bodies(again), [{ n: 1 }, { bare: 1 }, [1, 2], 'text'])
    assert.equal(again[0]?.deliveryInfo.redelivered, true)
  })

  test('Kombu’s sweep leaves alone what we hold for longer than the visibility timeout', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 1 })
    const kombu = await KombuPeer.start(t, database)
    const connection = await database.connect()
    const producer = new Producer(connection, { routingKey: 'work' })
    const inbox = await Inbox.open(await connection.channel(), [work])
    await producer.publish('held for long')
    const [message] = await inbox.first(1)
    const [tag = ''] = await database.client.zRange(database.key('unacked_index'), 0, -1)
    const takenAt = Number(await database.client.zScore(database.key('unacked_index'), tag))
    // By the clock of the ledger itself: several timeouts pass, and the message is renewed through all of them.
    for (let renewedAt = takenAt; renewedAt < takenAt + 2.5; ) {
      await kombu.ask('restore_visible')
      renewedAt = Number(await database.client.zScore(database.key('unacked_index'), tag))
      assert.notEqual(renewedAt, 0, 'it was restored')
    }
    await message?.ack()
    assert.equal(inbox.messages.length, 1)
    assert.deepEqual(await database.items('work'), [])
  })

  test('our sweep gives back what a killed Kombu held', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 5 })
    const kombu = await KombuPeer.start(t, database)
    const publishing = await database.connect()
    const route = { name: 'direct', exchange: 'jobs', routing_key: 'job' }
    await kombu.ask('declare', route)
    const producer = new Producer(publishing, { exchange: 'jobs', routingKey: 'job' })
    for (const n of [1, 2, 3]) await producer.publish(n, { priority: n === 2 ? 6 : 0 })
    await kombu.consume(3, { ...route, acknowledge: false })
    await kombu.answer()
    await kombu.kill()
    assert.equal((await database.ledger()).length, 3)
    await database.age(10)
    const inbox = await Inbox.open(await (await database.connect()).channel(), [new Queue('direct')])
    const messages = await inbox.first(3)
    assert.deepEqual(bodies(messages), [1, 3, 2])
    for (const { deliveryInfo } of messages) assert.equal(deliveryInfo.redelivered, true)
    for (const { headers } of messages) assert.equal(headers.redelivered, true)
  })

  test('answers Celery’s app.control.ping', async (t) => {
    const database = await Database.open(t)
    const connection = await database.connect()
    const node = new Mailbox('celery').node('celery@node', { ping: () => ({ ok: 'pong' }) })
    const listening = await node.listen(await connection.channel())
    const kombu = await KombuPeer.start(t, database)
    const replies = await kombu.ask('ping', { destination: ['celery@node'], timeout: 10, limit: 1 })
    assert.deepEqual(replies, [{ 'celery@node': { ok: 'pong' } }])
    await listening.close()
  })

  test('pings a worker of Celery', async (t) => {
    const database = await Database.open(t)
    await startCeleryWorker(t, database, 'celery@python')
    const connection = await database.connect()
    const replies = await new Mailbox('celery').call(connection, 'ping', { timeoutSeconds: 10, limit: 1 })
    assert.deepEqual(replies, [{ 'celery@python': { ok: 'pong' } }])
    const keys = await database.client.keys(database.key('*reply.celery.pidbox*'))
    assert.deepEqual(keys, [], 'the queue of replies is gone, and so is its binding')
  })
})

const all = new Exchange('all', { type: 'fanout' })
