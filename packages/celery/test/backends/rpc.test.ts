import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, it, mock, type TestContext } from 'node:test'
import { ChannelError, Connection, Producer, Queue } from '@voice-pocket/kombu'
import type { StoreOptions } from '../../src/backends/base.ts'
import { type BackendOptions, createBackend } from '../../src/backends/index.ts'
import { resolveOptions } from '../../src/backends/options.ts'
import { RpcBackend } from '../../src/backends/rpc.ts'
import { Celery, chain, chord, group, ImproperlyConfigured } from '../../src/index.ts'
import type { State } from '../../src/states.ts'
import { describeBackend } from '../backend-conformance.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { TcpProxy } from '../tcp-proxy.ts'

const rabbitmq = serviceFrom('AMQP_URL')
const folder = await mkdtemp(join(tmpdir(), 'celery-rpc-'))
after(() => rm(folder, { recursive: true }))

afterEach(() => mock.timers.reset())

/** A worker answers one client; the suite asks several of the same results, so here all of them are answered. */
class EveryClient extends RpcBackend {
  readonly #connection: Connection
  readonly name: string
  readonly #names: Set<string>

  constructor(url: string, names: Set<string>, options: BackendOptions) {
    const connection = new Connection(url)
    const name = randomUUID()
    super({ connection, replyTo: name, persistent: false }, resolveOptions(options))
    this.#connection = connection
    this.name = name
    this.#names = names.add(name)
  }

  override async storeResult(
    taskId: string,
    result: unknown,
    status: State,
    options: StoreOptions = {},
  ): Promise<void> {
    for (const replyTo of this.#names) {
      await super.storeResult(taskId, result, status, {
        ...options,
        request: { ...options.request, replyTo },
      })
    }
  }

  override async close(): Promise<void> {
    this.#names.delete(this.name)
    await super.close()
    await this.#connection.close()
  }
}

function describeOver(name: string, url: string): void {
  const names = new Set<string>()
  const opened: EveryClient[] = []
  const start = async () => ({
    async open(options: BackendOptions = {}) {
      const backend = new EveryClient(url, names, options)
      await backend.onTaskCall()
      opened.push(backend)
      return backend
    },
    async expire(taskId: string) {
      const stillOpen = opened.filter((backend) => names.has(backend.name))
      await Promise.all(stillOpen.map((backend) => backend.getTaskMeta(taskId))) // its time begins when it arrives
      mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_401_000 })
    },
    shared: undefined,
  })
  describeBackend(`rpc over ${name}`, start, { countsChords: false, isShared: false })
}

describeOver('memory', `memory://${randomUUID()}`)
describeOver('sqlite', `sqlite:///${join(folder, 'broker.sqlite')}`)
if (rabbitmq.value) describeOver('RabbitMQ', rabbitmq.value)

/** A worker's app and a client's on one broker, both with rpc://; what they leave on the broker is removed. */
async function workerAndClient(t: TestContext, brokerUrl: string, clientUrl = brokerUrl) {
  const queue = `test.${randomUUID()}`
  const settings = {
    ...{ resultBackend: 'rpc://', workerPool: 'async' as const, taskDefaultQueue: queue },
    workerDeadLetterQueue: `${queue}.dead`,
  }
  const app = new Celery('worker', { ...settings, brokerUrl })
  const client = new Celery('client', { ...settings, brokerUrl: clientUrl })
  t.after(async () => {
    await client.close()
    const channel = await app.connection.channel()
    for (const name of [queue, `${queue}.dead`]) await channel.queueDelete(name)
    await app.close()
  })
  return { app, client, queue }
}

/** Whether a queue is there. */
async function exists(url: string, queue: string): Promise<boolean> {
  await using connection = await new Connection(url).connect()
  const channel = await connection.channel()
  try {
    await new Queue(queue).status(channel)
    return true
  } catch (error) {
    assert.ok(error instanceof ChannelError)
    return false
  }
}

const brokers: [name: string, url: string, skip: string | false][] = [
  ['memory', `memory://${randomUUID()}`, false],
  ['sqlite', `sqlite:///${join(folder, 'tasks.sqlite')}`, false],
  ['RabbitMQ', rabbitmq.value, rabbitmq.skip],
]

for (const [name, url, skip] of brokers) {
  describe(`results over ${name}`, { skip, timeout: 60_000 }, () => {
    it('come to the client that sent the task, whatever becomes of it', async (t) => {
      const { app, client } = await workerAndClient(t, url)
      app.task('add', (x: number, y: number) => x + y)
      app.task('fail', () => {
        throw new RangeError('too far')
      })
      await using _running = await RunningWorker.start(app)
      const sum = await client.sendTask('add', { args: [2, 3] })
      const failed = await client.sendTask('fail')
      const unknown = await client.sendTask('nobody.knows.it')
      const expired = await client.sendTask('add', { args: [1, 1], countdown: 0.05, expires: 0.01 })
      assert.equal(await sum.get({ timeout: 20 }), 5)
      await assert.rejects(failed.get({ timeout: 20 }), new RangeError('too far'))
      await assert.rejects(unknown.get({ timeout: 20 }), { name: 'NotRegistered' })
      await assert.rejects(expired.get({ timeout: 20 }), { name: 'TaskRevokedError', message: 'expired' })
    })

    it('wait for a client that asks late, and for a second question', async (t) => {
      const { app, client } = await workerAndClient(t, url)
      app.task('double', (x: number) => 2 * x)
      const sent = await Promise.all([1, 2, 3].map((x) => client.sendTask('double', { args: [x] })))
      await using running = await RunningWorker.start(app)
      await running.logger.said(/succeeded/, 3)
      assert.deepEqual(await Promise.all(sent.map((result) => result.state())), Array(3).fill('SUCCESS'))
      for (const [index, { id }] of sent.entries()) {
        assert.equal(await client.asyncResult(id).get({ timeout: 20 }), 2 * (index + 1))
        assert.equal(await client.asyncResult(id).get({ timeout: 20 }), 2 * (index + 1))
      }
    })

    it('are for nobody else, and for nobody when they are to be ignored', async (t) => {
      const { app, client } = await workerAndClient(t, url)
      const task = app.task('quiet', () => 1)
      await using running = await RunningWorker.start(app)
      const ignored = await client.sendTask('quiet', { ignoreResult: true })
      const elsewhere = await task.delay()
      await running.logger.said(/succeeded/, 2)
      assert.equal(await elsewhere.get({ timeout: 20 }), 1)
      assert.equal(await client.asyncResult(elsewhere.id).state(), 'PENDING')
      assert.equal(await ignored.state(), 'PENDING')
    })

    it('come from the whole of a canvas, also from what workers send on', async (t) => {
      const { app, client } = await workerAndClient(t, url)
      app.task('add', (x: number, y: number) => x + y)
      await using _running = await RunningWorker.start(app)
      const add = (...args: number[]) => client.signature('add', { args })
      assert.equal(await (await chain(add(1, 2), add(3), add(4)).applyAsync()).get({ timeout: 20 }), 10)
      assert.deepEqual(await (await group(add(1, 1), add(2, 2)).applyAsync()).get({ timeout: 20 }), [2, 4])
      assert.equal(await exists(url, app.oid), false, 'nobody asks the worker for results')
    })

    it('leave no queue behind when the client closes', async (t) => {
      const { client } = await workerAndClient(t, url)
      await client.sendTask('some.task')
      assert.equal(await exists(url, client.oid), true)
      await client.close()
      assert.equal(await exists(url, client.oid), false)
      const asked = await client.sendTask('some.task')
      assert.equal(await asked.state(), 'PENDING')
      await client.close()
      assert.equal(await exists(url, client.oid), false)
    })
  })
}

describe('rpc', { timeout: 60_000 }, () => {
  it('needs an app', async () => {
    await assert.rejects(createBackend('rpc://'), (error) => {
      assert.ok(error instanceof ImproperlyConfigured)
      assert.match(error.message, /Open it with app\.backend\(\)/)
      return true
    })
  })

  it('sends what Python sends, and keeps it on disk only when told to', async (t) => {
    for (const [resultPersistent, deliveryMode] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const app = memoryApp(t, { resultBackend: 'rpc://', resultPersistent })
      const backend = await app.backend()
      const queue = new Queue('a.client', { durable: false })
      await queue.declare(await app.connection.defaultChannel())
      await backend.markAsDone('id-1', 5, { replyTo: 'a.client' })
      const message = await queue.get(await app.connection.defaultChannel())
      assert.ok(message)
      const { correlationId, deliveryMode: mode } = message.properties
      assert.deepEqual([correlationId, mode, message.contentType], ['id-1', deliveryMode, 'application/json'])
      const { date_done, ...record } = message.payload as Record<string, unknown>
      const expected = { task_id: 'id-1', status: 'SUCCESS', result: 5, traceback: null, children: [] }
      assert.deepEqual(record, expected)
      assert.match(String(date_done), /^\d{4}-/)
    }
  })

  it('makes a reply that it cannot read the failure of its task', async (t) => {
    const app = memoryApp(t, { resultBackend: 'rpc://' })
    const { id } = await app.sendTask('some.task')
    const producer = new Producer(app.connection)
    const reply = { routingKey: app.oid, correlationId: id }
    const contentType = 'application/x-python-serialize'
    await producer.publish(Buffer.from('gASVBQ=='), { ...reply, contentType, contentEncoding: 'binary' })
    await assert.rejects(app.asyncResult(id).get({ timeout: 20 }), /x-python-serialize|pickle/)
    const other = await app.sendTask('some.task')
    await producer.publish(['no record'], { ...reply, correlationId: other.id })
    await assert.rejects(other.get({ timeout: 20 }), /no result record/)
  })

  it('has no chords, and says so before anything is sent', async (t) => {
    const app = memoryApp(t, { resultBackend: 'rpc://' })
    const task = app.signature('some.task')
    await assert.rejects(chord([task, task], task).applyAsync(), /rpc:\/\/ has no chords/)
    await assert.rejects(chain(group(task, task), task).applyAsync(), /rpc:\/\/ has no chords/)
    assert.equal(await queueSize(app), 0)
  })
})

describe('results over a connection that is lost', { skip: rabbitmq.skip, timeout: 60_000 }, () => {
  it('come when it is back, also those that were sent meanwhile', async (t) => {
    const address = new URL(rabbitmq.value)
    await using proxy = await TcpProxy.to(address.hostname, Number(address.port || 5672))
    const proxied = new URL(rabbitmq.value)
    proxied.host = `127.0.0.1:${proxy.port}`
    const { app, client } = await workerAndClient(t, rabbitmq.value, proxied.href.replace(/\/$/, ''))
    const gate = new Gate()
    app.task('late', async () => {
      await gate.pass()
      return 'here'
    })
    await using running = await RunningWorker.start(app)
    const result = await client.sendTask('late')
    const waiting = result.get({ timeout: 30 })
    await gate.entered
    proxy.cut()
    gate.open()
    await running.logger.said(/succeeded/)
    proxy.restore()
    assert.equal(await waiting, 'here')
  })
})
