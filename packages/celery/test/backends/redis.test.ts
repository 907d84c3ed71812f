import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import type { ChordCounter } from '../../src/backends/chords.ts'
import { createBackend } from '../../src/backends/index.ts'
import { BackendError, TimeoutError } from '../../src/exceptions.ts'
import { describeBackend } from '../backend-conformance.ts'
import { serviceFrom } from '../service.ts'
import { TcpProxy } from '../tcp-proxy.ts'

const { value: url, skip } = serviceFrom('REDIS_URL')
const prefix = `test-${randomUUID()}:`
const transportOptions = { globalKeyprefix: prefix }

/** Looks into the server behind the backend's back. */
const redis = createClient({ url })

describe('redis', { skip }, () => {
  const keyOf = (taskId: string) => `${prefix}celery-task-meta-${taskId}`

  before(() => redis.connect())
  after(async () => {
    for await (const keys of redis.scanIterator({ MATCH: `${prefix}*` }))
      if (keys.length > 0) await redis.del(keys)
    await redis.close()
  })

  describeBackend('redis', async () => ({
    open: (options) => createBackend(url, { ...options, transportOptions }),
    async expire(taskId) {
      await redis.pExpire(keyOf(taskId), 0)
    },
    shared: { url, options: { transportOptions } },
  }))

  it('keeps a result for a day, for as long as is set, or for ever', async () => {
    for (const [expiresSeconds, ttl] of [
      [undefined, 86_400],
      [10.2, 11],
      [0, -1],
    ] as const) {
      await using backend = await createBackend(url, { expiresSeconds, transportOptions })
      await backend.markAsDone(`ttl-${ttl}`, 1)
      const left = await redis.ttl(keyOf(`ttl-${ttl}`))
      assert.ok(left <= ttl && left >= ttl - 5, `${left} is not ${ttl}`)
    }
  })

  it('counts a part once that comes twice, in either form', async () => {
    for (const resultChordOrdered of [true, false]) {
      const options = { transportOptions: { ...transportOptions, resultChordOrdered } }
      await using backend = await createBackend(url, options)
      const [groupId, chords] = [randomUUID(), backend.chords as ChordCounter]
      const part = (taskId: string) => ({ taskId, status: 'SUCCESS' as const, result: 1 })
      await chords.open(groupId, 2)
      for (let time = 0; time < 2; time += 1)
        assert.equal(await chords.add({ groupId, groupIndex: 1 }, part('late')), undefined)
      const all = await chords.add({ groupId, groupIndex: 0 }, part('early'))
      const order = resultChordOrdered ? ['early', 'late'] : ['late', 'early']
      assert.deepEqual(
        all?.map(({ taskId }) => taskId),
        order,
      )
    }
  })

  it('publishes the record on the channel named like its key, as Python waits for it', async () => {
    const taskId = randomUUID()
    const subscriber = redis.duplicate()
    await subscriber.connect()
    const published = new Promise<string>((resolve) => subscriber.subscribe(keyOf(taskId), resolve))
    await using backend = await createBackend(url, { transportOptions })
    await subscriber.ping() // its answer comes after that to SUBSCRIBE
    await backend.markAsDone(taskId, 5)
    assert.equal(await published, await redis.get(keyOf(taskId)))
    await subscriber.close()
  })

  it('works for a user who may ask nothing about connections', async (t) => {
    const user = `test-${randomUUID()}`
    await redis.sendCommand(['ACL', 'SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', '-client'])
    t.after(() => redis.sendCommand(['ACL', 'DELUSER', user]))
    const address = Object.assign(new URL(url), { username: user, password: 'secret' })
    await using backend = await createBackend(address.href, { transportOptions })
    const taskId = randomUUID()
    const waiting = backend.waitFor(taskId, { timeoutSeconds: 10 })
    await backend.markAsDone(taskId, 5)
    assert.equal((await waiting).result, 5)
  })

  it('subscribes only to what somebody waits for', async () => {
    const [taskId, channel] = [randomUUID(), (id: string) => redis.pubSubNumSub([keyOf(id)])]
    await using backend = await createBackend(url, { transportOptions })
    const watching = backend.watch(taskId)[Symbol.asyncIterator]()
    await watching.next()
    assert.deepEqual(await channel(taskId), { [keyOf(taskId)]: 1 })
    await backend.markAsDone(taskId, 1)
    await backend.waitFor(taskId)
    await watching.next()
    await watching.next()
    await backend.waitFor('another', { timeoutSeconds: 0.01 }).catch(() => undefined) // its UNSUBSCRIBE is answered
    assert.deepEqual(await channel(taskId), { [keyOf(taskId)]: 0 })
  })

  it('leaves a channel soon after the last one who waited for it, also when nobody waits for anything else', async (t) => {
    await using backend = await createBackend(url, { transportOptions })
    const [taskId, left] = [randomUUID(), Promise.withResolvers<void>()]
    const observer = await redis.duplicate().connect()
    t.after(() => observer.destroy())
    await observer.monitor((line) => {
      if (/"unsubscribe"/i.test(String(line)) && String(line).includes(keyOf(taskId))) left.resolve()
    })
    await backend.markAsDone(taskId, 1)
    await backend.waitFor(taskId)
    await left.promise
  })

  describe('when the connection breaks', () => {
    const behindProxy = async (retryDeadlineMs: number, credentials = '') => {
      const address = new URL(url)
      const proxy = await TcpProxy.to(address.hostname, Number(address.port || 6379))
      address.host = `127.0.0.1:${proxy.port}`
      const through = credentials ? address.href.replace(/\/\/([^@]*@)?/, `//${credentials}@`) : address.href
      const backend = await createBackend(through, {
        transportOptions: { ...transportOptions, retryDeadlineMs },
      })
      return {
        proxy,
        backend,
        [Symbol.asyncDispose]: () => backend.close().then(() => proxy[Symbol.asyncDispose]()),
      }
    }

    it('misses nothing that was stored while it was away', async () => {
      const taskId = randomUUID()
      await using direct = await createBackend(url, { transportOptions })
      await using network = await behindProxy(20_000)
      const watching = network.backend.watch(taskId)[Symbol.asyncIterator]()
      assert.equal((await watching.next()).value?.status, 'PENDING')
      network.proxy.cut()
      await direct.markAsDone(taskId, 'meanwhile')
      network.proxy.restore()
      assert.equal((await watching.next()).value?.result, 'meanwhile')
    })

    it('is subscribed again, and still wakes who waits', async () => {
      const [first, second] = [randomUUID(), randomUUID()]
      await using direct = await createBackend(url, { transportOptions })
      await using network = await behindProxy(20_000)
      const watching = [first, second].map((id) => network.backend.watch(id)[Symbol.asyncIterator]())
      await Promise.all(watching.map((one) => one.next()))
      network.proxy.cut()
      await direct.storeResult(first, 'seen after the restore', 'PROGRESS')
      network.proxy.restore()
      assert.equal((await watching[0]?.next())?.value?.status, 'PROGRESS')
      await direct.markAsDone(second, 'published')
      assert.equal((await watching[1]?.next())?.value?.result, 'published')
    })

    it('tries an operation again until it succeeds', async () => {
      const taskId = randomUUID()
      await using network = await behindProxy(20_000)
      await network.backend.getTaskMeta(taskId)
      network.proxy.cut()
      const stored = network.backend.markAsDone(taskId, 5)
      network.proxy.restore()
      await stored
      assert.equal((await network.backend.getTaskMeta(taskId)).result, 5)
    })

    it('rejects after the deadline, naming the address without its password', async () => {
      await using network = await behindProxy(300, 'user:secret')
      network.proxy.cut()
      await assert.rejects(network.backend.markAsDone('x', 1), (error) => {
        assert.ok(error instanceof BackendError)
        assert.match(
          error.message,
          /^The Redis redis:\/\/user:\*\*@127\.0\.0\.1:\d+.* could not be used for 0\.3 seconds/,
        )
        assert.doesNotMatch(error.message, /secret/)
        return true
      })
    })

    it('ends the waiting with an error when it does not come back', async () => {
      await using network = await behindProxy(300)
      const watching = network.backend.watch(randomUUID())[Symbol.asyncIterator]()
      await watching.next()
      network.proxy.cut()
      await assert.rejects(Promise.resolve(watching.next()), BackendError)
    })

    it('does not let a waiter wait longer than it wants to', async () => {
      await using network = await behindProxy(20_000)
      network.proxy.cut()
      const waiting = network.backend.waitFor('x', { timeoutSeconds: 0.2 })
      await assert.rejects(
        waiting,
        (error) => error instanceof TimeoutError && /did not answer/.test(error.message),
      )
    })

    it('leaves a connection that swallows everything', async () => {
      const taskId = randomUUID()
      await using network = await behindProxy(500)
      await network.backend.storeResult(taskId, 1, 'PROGRESS')
      network.proxy.freeze()
      await assert.rejects(network.backend.getTaskMeta(taskId), BackendError)
      assert.equal((await network.backend.getTaskMeta(taskId)).status, 'PROGRESS')
    })

    it('says at once what the server refuses', async () => {
      await using backend = await createBackend(url.replace(/\/\/([^@]*@)?/, '//nobody:wrong@'))
      await assert.rejects(
        backend.getTaskMeta('x'),
        /BackendError: The Redis .*nobody:\*\*@.* refused: WRONGPASS/,
      )
    })
  })
})
