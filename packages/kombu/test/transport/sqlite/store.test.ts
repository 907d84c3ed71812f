import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { OperationalError } from '../../../src/exceptions.ts'
import { SqliteStore } from '../../../src/transport/sqlite/store.ts'
import type { Binding, Claim, StoredMessage } from '../../../src/transport/virtual/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'kombu-store-'))
const opened: SqliteStore[] = []
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())))
after(() => rmSync(folder, { recursive: true }))

let files = 0
let clock = 1_000_000

function newPath(): string {
  files += 1
  return join(folder, `store-${files}.sqlite`)
}

async function open(path = newPath()): Promise<SqliteStore> {
  const store = await SqliteStore.open(path, () => clock)
  opened.push(store)
  return store
}

function message(envelope: string, more: Partial<StoredMessage> = {}): StoredMessage {
  return { queue: 'q', envelope, priority: 0, expiresAt: undefined, ...more }
}

const tags = (claims: readonly Claim[]): string[] => claims.map(({ tag }) => tag)
const envelopes = (claims: readonly Claim[]): string[] => claims.map(({ envelope }) => envelope)
const toQueue = (destination: string, routingKey = ''): Binding => ({
  destination,
  destinationType: 'queue',
  routingKey,
})

describe('names', () => {
  test('an exchange, a queue and a binding are seen by another connection', async () => {
    const path = newPath()
    const [one, other] = [await open(path), await open(path)]
    const exchange = { type: 'topic', declaration: { type: 'topic', durable: true } } as const
    await one.putExchange('e', exchange)
    await one.putQueue('q', { durable: true, arguments: { 'x-max-length': 3 } })
    await one.bind('e', toQueue('q', 'a.*'))
    await one.bind('e', toQueue('q', 'a.*'))
    assert.deepEqual(await other.getExchange('e'), exchange)
    assert.deepEqual(await other.getQueue('q'), { durable: true, arguments: { 'x-max-length': 3 } })
    assert.deepEqual(
      (await other.bindings('e')).map((binding) => ({ ...binding })),
      [toQueue('q', 'a.*')],
    )
    await other.unbind('e', toQueue('q', 'a.*'))
    assert.deepEqual(await one.bindings('e'), [])
  })

  test('a queue takes its messages and bindings along, an exchange its bindings', async () => {
    const store = await open()
    await store.putExchange('e', { type: 'direct', declaration: { type: 'direct' } })
    for (const queue of ['q', 'kept']) {
      await store.putQueue(queue, {})
      await store.bind('e', toQueue(queue))
    }
    await store.put([message('held'), message('1'), message('2')])
    const held = await store.claim(['q'], 1)
    assert.equal(await store.deleteQueue('q'), 2)
    assert.equal(await store.getQueue('q'), undefined)
    assert.equal((await store.bindings('e')).length, 1)
    await store.putQueue('q', {})
    await store.settle(tags(held), 'requeue')
    assert.equal(await store.size('q'), 0)
    await store.deleteExchange('e')
    assert.deepEqual(await store.bindings('e'), [])
  })

  test('an auto-delete exchange goes with its last binding', async () => {
    const store = await open()
    await store.putExchange('e', { type: 'fanout', declaration: { type: 'fanout', autoDelete: true } })
    await store.putQueue('q', {})
    await store.bind('e', toQueue('q'))
    await store.deleteQueue('q')
    assert.equal(await store.getExchange('e'), undefined)
  })

  test('declaring a queue anew keeps its messages', async () => {
    const store = await open()
    await store.putQueue('q', {})
    await store.put([message('kept')])
    await store.putQueue('q', {})
    assert.equal(await store.size('q'), 1)
  })
})

describe('messages', () => {
  test('come by the order of queues, then highest priority, then oldest', async () => {
    const store = await open()
    await store.putQueue('q', {})
    await store.putQueue('first', {})
    await store.put([
      message('low 1'),
      message('high 1', { priority: 9 }),
      message('low 2'),
      message('high 2', { priority: 9 }),
      message('other queue', { queue: 'first' }),
    ])
    const claims = await store.claim(['first', 'q'], 4)
    assert.deepEqual(envelopes(claims), ['other queue', 'high 1', 'high 2', 'low 1'])
    assert.equal(await store.size('q'), 1)
  })

  test('are put all or none', async () => {
    const store = await open()
    await store.putQueue('q', {})
    const unspeakable = message('unspeakable', { priority: Number.NaN })
    await assert.rejects(store.put([message('good'), unspeakable]))
    assert.equal(await store.size('q'), 0)
  })

  test('for a queue that is gone are swallowed', async () => {
    const store = await open()
    await store.put([message('nowhere')])
    await store.putQueue('q', {})
    assert.equal(await store.size('q'), 0)
  })

  test('go back to their old place, marked redelivered', async () => {
    const store = await open()
    await store.putQueue('q', {})
    await store.put([message('1'), message('2'), message('3')])
    const claims = await store.claim(['q'], 2)
    assert.deepEqual(
      claims.map(({ redelivered }) => redelivered),
      [false, false],
    )
    await store.settle(tags(claims), 'requeue')
    const again = await store.claim(['q'], 3)
    assert.deepEqual(envelopes(again), ['1', '2', '3'])
    assert.deepEqual(
      again.map(({ redelivered }) => redelivered),
      [true, true, false],
    )
  })

  test('once acknowledged never come back, whoever closes', async () => {
    const path = newPath()
    const [store, other] = [await open(path), await open(path)]
    await store.putQueue('q', {})
    await store.put([message('done'), message('held')])
    const [done] = await store.claim(['q'], 2)
    await store.settle([String(done?.tag)], 'ack')
    await store.close()
    assert.deepEqual(envelopes(await other.claim(['q'], 9)), ['held'])
  })

  test('are settled only by the delivery that has them now', async () => {
    const path = newPath()
    const [store, other] = [await open(path), await open(path)]
    await store.putQueue('q', {})
    await store.put([message('1')])
    const earlier = await store.claim(['q'], 1)
    await other.settle(tags(earlier), 'ack')
    await store.settle(tags(earlier), 'requeue')
    const now = await store.claim(['q'], 1)
    await store.settle([...tags(earlier), 'nonsense'], 'ack')
    await store.settle(tags(now), 'requeue')
    assert.equal(await store.size('q'), 1)
  })

  test('past their time are neither counted nor claimed, and swept away', async () => {
    const store = await open()
    await store.putQueue('q', {})
    await store.put([message('brief', { expiresAt: clock + 10 }), message('lasting')])
    assert.equal(await store.size('q'), 2)
    clock += 10
    assert.equal(await store.size('q'), 1)
    assert.deepEqual(envelopes(await store.claim(['q'], 9)), ['lasting'])
    store.sweep()
    assert.equal(await store.purge('q'), 0)
  })

  test('that have expired are kept for the dead letter exchange of their queue', async () => {
    const path = newPath()
    const [one, other] = [await open(path), await open(path)]
    await one.putQueue('q', { arguments: { 'x-dead-letter-exchange': 'dlx' } })
    await one.put([message('brief', { expiresAt: clock + 10 }), message('lasting')])
    assert.equal(await other.expiry.next(), clock + 10)
    assert.deepEqual(await other.expiry.take(9), [])
    clock += 10
    other.sweep()
    const expired = await other.expiry.take(9)
    assert.deepEqual(envelopes(expired), ['brief'])
    assert.deepEqual(await one.expiry.take(9), [])
    await other.settle(tags(expired), 'requeue')
    assert.deepEqual(envelopes(await one.expiry.take(9)), ['brief'])
    assert.equal(await one.expiry.next(), undefined)
    assert.deepEqual(envelopes(await one.claim(['q'], 9)), ['lasting'])
  })

  test('that are claimed are not purged', async () => {
    const store = await open()
    await store.putQueue('q', {})
    await store.put([message('held'), message('ready')])
    const [held] = await store.claim(['q'], 1)
    assert.equal(await store.purge('q'), 1)
    await store.settle([String(held?.tag)], 'requeue')
    assert.equal(await store.size('q'), 1)
  })
})

describe('waiting', () => {
  const never = new AbortController().signal

  test('ends at once when there is something, or the queue is not there', async () => {
    const store = await open()
    await store.wait(['missing'], never)
    await store.putQueue('q', {})
    await store.put([message('here')])
    await store.wait(['q'], never)
  })

  test('ends by a put, a requeue and the end of the queue, and by the signal', async () => {
    const path = newPath()
    const [store, other] = [await open(path), await open(path)]
    await store.putQueue('q', {})
    const put = store.wait(['q'], never)
    await other.put([message('1')])
    await put
    const claims = await other.claim(['q'], 1)
    const requeue = store.wait(['q'], never)
    await other.settle(tags(claims), 'requeue')
    await requeue
    await other.claim(['q'], 1)
    const deletion = store.wait(['q'], never)
    await other.deleteQueue('q')
    await deletion
    await store.putQueue('q', {})
    const stop = new AbortController()
    const aborted = store.wait(['q'], stop.signal)
    stop.abort()
    await aborted
  })
})

describe('who is there', () => {
  test('consumers are counted over all connections, and end with theirs', async () => {
    const path = newPath()
    const [store, other] = [await open(path), await open(path)]
    await store.putQueue('q', {})
    await store.addConsumer('q', 'a')
    await other.addConsumer('q', 'b')
    await other.addConsumer('q', 'c')
    assert.equal(await store.consumerCount('q'), 3)
    await other.removeConsumer('q', 'c')
    assert.equal(await store.consumerCount('q'), 2)
    await other.close()
    assert.equal(await store.consumerCount('q'), 1)
  })

  test('with a connection go its exclusive queues, and auto-delete queues it was the last to consume', async () => {
    const path = newPath()
    const [store, other] = [await open(path), await open(path)]
    await other.putQueue('exclusive', { exclusive: true })
    for (const queue of ['last', 'shared', 'never consumed'])
      await other.putQueue(queue, { autoDelete: true })
    await other.addConsumer('last', 'a')
    await other.addConsumer('shared', 'b')
    await store.addConsumer('shared', 'c')
    await other.close()
    const left = ['exclusive', 'last', 'shared', 'never consumed'].map((queue) => store.getQueue(queue))
    assert.deepEqual(
      (await Promise.all(left)).map((declaration) => declaration !== undefined),
      [false, false, true, true],
    )
  })

  test('a queue with x-expires goes when it was not used for that long', async () => {
    const store = await open()
    const expiring = { arguments: { 'x-expires': 1000 } }
    await store.putQueue('unused', expiring)
    await store.putQueue('consumed', expiring)
    await store.addConsumer('consumed', 'tag')
    await store.putQueue('claimed', expiring)
    clock += 999
    await store.usage.touch('claimed')
    store.sweep()
    assert.notEqual(await store.getQueue('unused'), undefined)
    clock += 1
    store.sweep()
    assert.equal(await store.getQueue('unused'), undefined)
    assert.notEqual(await store.getQueue('claimed'), undefined)
    assert.notEqual(await store.getQueue('consumed'), undefined)
    await store.removeConsumer('consumed', 'tag')
    clock += 1000
    store.sweep()
    assert.equal(await store.getQueue('consumed'), undefined)
  })

  test('a connection whose lock file was removed is told so, and its messages go to the others', async () => {
    const path = newPath()
    const [store, other] = [await open(path), await open(path)]
    await store.putQueue('q', {})
    await store.put([message('1')])
    await store.claim(['q'], 1)
    rmSync(join(`${path}.holders`, store.id))
    other.sweep()
    assert.throws(
      () => store.sweep(),
      (error) => error instanceof OperationalError && /lock file was removed/.test(error.message),
    )
    assert.deepEqual(envelopes(await other.claim(['q'], 1)), ['1'])
  })

  test('a connection whose database was moved away is told so', async () => {
    const path = newPath()
    const store = await open(path)
    renameSync(path, `${path}.moved`)
    assert.throws(
      () => store.sweep(),
      (error) => error instanceof OperationalError && error.message.includes(path),
    )
  })

  test('a closed connection refuses every call, and closes twice', async () => {
    const store = await open()
    await store.close()
    await store.close()
    await assert.rejects(store.getQueue('q'), OperationalError)
    await assert.rejects(store.put([message('late')]), OperationalError)
    await assert.rejects(store.wait(['q'], new AbortController().signal), OperationalError)
  })
})
