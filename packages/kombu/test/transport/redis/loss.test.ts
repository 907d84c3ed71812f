import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type Channel,
  Consumer,
  type ConsumerCallback,
  ConsumerMixin,
  OperationalError,
  Producer,
} from '../../../src/index.ts'
import { bodies, Inbox, TIMEOUT_MS } from '../../support.ts'
import { TcpProxy } from '../../tcp-proxy.ts'
import { Database, skip, url, work } from './database.ts'

const endless = { signal: new AbortController().signal }

/** Workers that are killed again and again, each time another one takes over, until all is done. */
class MortalWorkers {
  readonly done = new Set<unknown>()
  readonly finished = Promise.withResolvers<void>()
  readonly #database: Database
  readonly #workers = new Set<ChildProcess>()
  readonly #goal: number
  #killings: number

  constructor(database: Database, { goal, killings }: { goal: number; killings: number }) {
    this.#database = database
    this.#goal = goal
    this.#killings = killings
  }

  start(): void {
    const options = JSON.stringify(this.#database.transportOptions)
    const worker = fork(join(import.meta.dirname, 'worker.ts'), [url, options])
    const mayDo = Math.ceil(Math.random() * 40)
    let done = 0
    worker.on('message', (body) => {
      this.done.add(body)
      done += 1
      if (done === mayDo && this.#killings > 0) this.#replace(worker)
      if (this.done.size === this.#goal) this.finished.resolve()
    })
    this.#workers.add(worker)
  }

  async end(): Promise<void> {
    await Promise.all([...this.#workers].map(kill))
  }

  #replace(worker: ChildProcess): void {
    this.#killings -= 1
    this.#workers.delete(worker)
    kill(worker).then(() => this.start(), this.finished.reject)
  }
}

async function kill(worker: ChildProcess): Promise<void> {
  worker.kill('SIGKILL')
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit')
}

class Echo extends ConsumerMixin {
  readonly heard: unknown[] = []
  readonly #waiting: (() => void)[] = []

  getConsumers(channel: Channel): Consumer[] {
    const hear: ConsumerCallback = async (body, message) => {
      await message.ack()
      this.heard.push(body)
      for (const resolve of this.#waiting.splice(0)) resolve()
    }
    return [new Consumer(channel, { queues: [work], callbacks: [hear] })]
  }

  async hears(body: unknown): Promise<void> {
    while (!this.heard.includes(body)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

describe('nothing is lost in Redis', { skip, timeout: 3 * TIMEOUT_MS }, () => {
  test('by workers that are killed at any moment', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 1 })
    const goal = 500
    const workers = new MortalWorkers(database, { goal, killings: 10 })
    t.after(() => workers.end())
    const producer = new Producer(await database.connect(), { routingKey: 'work' })
    workers.start()
    workers.start()
    for (let n = 0; n < goal; n += 1) await producer.publish(n)
    await workers.finished.promise
    assert.equal(workers.done.size, goal)
  })

  test('with an answer that does not arrive: the messages in it go back', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const database = await Database.open(t)
    const channel = await (await database.connect({}, proxy.url())).channel()
    await new Producer(await database.connect(), { routingKey: 'work' }).publish('on its way')
    await work.declare(channel)
    const claimed = await database.spy('ZADD', 'unacked_index')
    proxy.swallowAnswers()
    const getting = assert.rejects(work.get(channel), OperationalError)
    await claimed.times(1)
    assert.deepEqual(await database.items('work'), [])
    proxy.heal()
    await getting
    const inbox = await Inbox.open(await (await database.connect()).channel(), [work])
    const [message] = await inbox.first(1)
    assert.equal(message?.payload, 'on its way')
    assert.equal(message?.deliveryInfo.redelivered, true)
  })

  test('when Redis is away as a connection ends: the next connection gives back', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const database = await Database.open(t)
    const lost = await database.connect({}, proxy.url())
    const producer = new Producer(await database.connect(), { routingKey: 'work' })
    for (const n of [1, 2, 3]) await producer.publish(n)
    const held = await Inbox.open(await lost.channel(), [work])
    await held.first(3)
    const draining = assert.rejects(lost.drainEvents(endless), OperationalError)
    proxy.refuse()
    await draining
    await lost.close()
    assert.equal((await database.ledger()).length, 3)
    proxy.heal()
    const inbox = await Inbox.open(await (await database.connect({}, proxy.url())).channel(), [work])
    const messages = await inbox.first(3)
    assert.deepEqual(bodies(messages), [1, 2, 3])
    for (const { deliveryInfo } of messages) assert.equal(deliveryInfo.redelivered, true)
  })

  test('by who closes: what was held comes next, and in order', async (t) => {
    const database = await Database.open(t)
    const producer = new Producer(await database.connect(), { routingKey: 'work' })
    for (const n of [1, 2, 3, 4]) await producer.publish(n)
    const closing = await database.connect()
    const held = await Inbox.open(await closing.channel(), [work], { prefetchCount: 3 })
    await held.first(3)
    await closing.close()
    assert.deepEqual(
      (await database.items('work')).map((item) => Buffer.from(JSON.parse(item).body, 'base64').toString()),
      ['1', '2', '3', '4'],
    )
  })

  test('by who cannot read it: it stays in the ledger', async (t) => {
    const database = await Database.open(t, { visibility_timeout: 1 })
    const entries = {
      unreadable: '{"half":',
      unroutable: '[{"body": "", "properties": {}}, "no-such-exchange", "key"]',
      strange: '"text"',
    }
    await database.client.hSet(database.key('unacked'), entries)
    for (const value of ['index without a message', ...Object.keys(entries)]) {
      await database.client.zAdd(database.key('unacked_index'), { score: 1, value })
    }
    const swept = await database.spy('DEL', 'unacked_mutex')
    await Inbox.open(await (await database.connect()).channel(), [work])
    await swept.times(2)
    assert.deepEqual({ ...(await database.client.hGetAll(database.key('unacked'))) }, entries)
    assert.equal(await database.client.zCard(database.key('unacked_index')), 3)
  })
})

describe('a broken line to Redis', { skip, timeout: TIMEOUT_MS }, () => {
  test('a consumer goes on after each break, whichever of its lines it was', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const database = await Database.open(t)
    const connection = await database.connect({ transportOptions: { polling_interval: 3600 } }, proxy.url())
    const producer = new Producer(await database.connect(), { routingKey: 'work' })
    const echo = new Echo(connection)
    const running = echo.run()
    const breaks = [() => proxy.cutAll(), () => proxy.cutNewest(), () => proxy.cutAll()]
    for (const [n, cut] of breaks.entries()) {
      await producer.publish(n)
      await echo.hears(n)
      cut()
    }
    await producer.publish('last')
    await echo.hears('last')
    await echo.stop()
    await running
    assert.deepEqual(await database.ledger(), [])
  })

  test('a server that says nothing any more is lost after two heartbeats', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const database = await Database.open(t)
    const connection = await database.connect({ heartbeat: 0.1 }, proxy.url())
    await Inbox.open(await connection.channel(), [work])
    const draining = connection.drainEvents(endless)
    proxy.freeze()
    await assert.rejects(draining, /lost: no answer for 0.2 seconds/)
    proxy.heal()
  })

  test('a server that says nothing at all is given up after the time limit', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    proxy.freeze()
    const database = await Database.open(t)
    await assert.rejects(database.connect({ connectTimeoutMs: 100 }, proxy.url()), /no answer within 100 ms/)
  })

  test('a publish in flight is done again, and no message is lost', async (t) => {
    await using proxy = await TcpProxy.listen(url)
    const database = await Database.open(t)
    const producer = new Producer(await database.connect({}, proxy.url()), { routingKey: 'work' })
    await producer.publish('first')
    const publishing = Array.from({ length: 500 }, (_, n) => producer.publish(n))
    proxy.cutAll()
    await Promise.all(publishing)
    assert.equal(new Set((await database.items('work')).map((item) => JSON.parse(item).body)).size, 501)
  })
})
