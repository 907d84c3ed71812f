import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { createClient } from '@redis/client'
import { IndexUnavailableError, MalformedMessageError } from '../../src/exceptions.ts'
import { RedisIndexStore } from '../../src/speech-index/redis.ts'
import { openSpeechIndex } from '../../src/speech-index.ts'
import { serviceUrl } from '../service-url.ts'
import { testSpeechIndex } from '../speech-index-conformance.ts'

const url = serviceUrl('REDIS_URL')

async function open(t: TestContext, expires = 0) {
  const index = await openSpeechIndex(url ?? '', {
    expires,
    onConnectionError: (error) => t.diagnostic(error.message),
  })
  t.after(() => index.close())
  return index
}

async function rawClient(t: TestContext) {
  const client = await createClient({ url: url ?? '' }).connect()
  t.after(() => client.close())
  return client
}

if (url === undefined) {
  test('speech index: redis', { skip: 'no REDIS_URL: npm test starts a Redis' }, () => {})
} else {
  testSpeechIndex('redis', async (t) => ({
    open: () => open(t),
    async claimAndDie(uuid, milliseconds) {
      const store = await RedisIndexStore.open(url, { expires: 0, onConnectionError: () => {} })
      await store.claim(uuid, 'a process that is no more', milliseconds)
      await store.close()
    },
  }))

  test('the key is the uuid, the value exactly {"task_id":"…"}, and no other key stays', async (t) => {
    const [index, client] = [await open(t), await rawClient(t)]
    const uuid = randomUUID()
    await index.once(uuid, async () => 'task-1')
    assert.equal(await client.get(uuid), '{"task_id":"task-1"}')
    assert.equal(await client.ttl(uuid), -1)
    assert.deepEqual(await client.keys(`*${uuid}*`), [uuid])
  })

  test('Redis itself forgets a uuid after its time', async (t) => {
    const [index, client] = [await open(t, 3_600), await rawClient(t)]
    const uuid = randomUUID()
    await index.once(uuid, async () => 'task-1', { requestFrom: 'a@example.com', requestTo: 'b@example.com' })
    for (const key of [uuid, `voice-pocket:parties:${uuid}`]) {
      const seconds = await client.ttl(key)
      assert.ok(seconds > 3_590 && seconds <= 3_600, `${key} ${seconds}`)
    }
  })

  test('after somebody deleted the key, the uuid is that of the next who asks', async (t) => {
    const [index, client] = [await open(t), await rawClient(t)]
    const uuid = randomUUID()
    await index.once(uuid, async () => 'task-1', { requestFrom: 'a@example.com', requestTo: 'b@example.com' })
    await client.del(uuid)
    const next = { requestFrom: 'c@example.com', requestTo: 'c@example.com' }
    await index.once(uuid, async () => 'task-2', next)
    assert.deepEqual(await index.parties(uuid), next)
  })

  test('what another program wrote under the uuid is read', async (t) => {
    const [index, client] = [await open(t), await rawClient(t)]
    const uuid = randomUUID()
    await client.set(uuid, '{"task_id": "from-python", "more": 1}')
    assert.deepEqual(await index.get(uuid), { task_id: 'from-python' })
    assert.equal((await index.once(uuid, async () => 'mine')).taskId, 'from-python')
  })

  test('a key of somebody else is neither read nor overwritten', async (t) => {
    const [index, client] = [await open(t), await rawClient(t)]
    const [text, list] = [randomUUID(), randomUUID()]
    await client.set(text, 'a session of the web shop')
    await client.lPush(list, 'an order')
    for (const uuid of [text, list]) {
      const isTaken = (error: unknown) =>
        error instanceof MalformedMessageError && error.reason === 'uuid_taken'
      await assert.rejects(
        index.once(uuid, async () => 'mine'),
        isTaken,
      )
      await assert.rejects(index.get(uuid), isTaken)
    }
    assert.equal(await client.get(text), 'a session of the web shop')
    await client.del([text, list])
  })

  test('while Redis is away calls fail instead of waiting, and afterwards they work again', async (t) => {
    const events = new EventEmitter()
    const index = await openSpeechIndex(url, {
      expires: 0,
      onConnectionError: () => events.emit('lost'),
      onConnected: () => events.emit('connected'),
    })
    t.after(() => index.close())
    const [lost, connected] = [once(events, 'lost'), once(events, 'connected')]
    await killNewestIndexConnection(await rawClient(t))
    await lost
    await assert.rejects(index.get(randomUUID()), IndexUnavailableError)
    await connected
    assert.equal(await index.get(randomUUID()), undefined)
  })
}

async function killNewestIndexConnection(client: Awaited<ReturnType<typeof rawClient>>): Promise<void> {
  const clients = String(await client.sendCommand(['CLIENT', 'LIST'])).split('\n')
  const database = ` db=${new URL(url ?? '').pathname.slice(1) || 0} ` // those of others are not ours to kill
  const ours = clients.filter((line) => line.includes(' name=voice-pocket-index ') && line.includes(database))
  const ids = ours.map((line) => Number(/^id=(\d+) /.exec(line)?.[1]))
  assert.ok(ids.length > 0, 'the index has told Redis its name')
  await client.sendCommand(['CLIENT', 'KILL', 'ID', String(Math.max(...ids))])
}

test('an address where no Redis is gives an error that says what to do', async () => {
  const nobody = 'redis://user:secret@127.0.0.1:1/0'
  await assert.rejects(openSpeechIndex(nobody, { expires: 0, onConnectionError: () => {} }), (error) => {
    assert.ok(error instanceof IndexUnavailableError)
    assert.match(error.message, /redis:\/\/user:\*\*@127\.0\.0\.1:1\/0.*VOICE_POCKET_INDEX/)
    return true
  })
})
