import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import { Connection } from '@voice-pocket/kombu'
import { type Celery, RemoteError } from '../../src/index.ts'
import { FileGate } from '../concurrency/file-gate.ts'
import { createApp } from '../process-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { PythonClient, PythonWorker } from './python-processes.ts'

const amqp = serviceFrom('AMQP_URL')
const redis = serviceFrom('REDIS_URL')
const python = serviceFrom('PYTHON_VENV')

const run = randomUUID()
const prefix = `test-${run}:`
/** Whose worker consumes it. */
const [ours, theirs] = [`test.${run}.ours`, `test.${run}.theirs`]
const [ourName, theirName] = [`ours@${run}`, `theirs@${run}`]
const environment = {
  python: python.value,
  variables: { AMQP_URL: amqp.value, RESULT_BACKEND: redis.value, QUEUE: theirs, PREFIX: prefix },
}
const settings = {
  brokerUrl: amqp.value,
  resultBackend: redis.value,
  resultBackendTransportOptions: { globalKeyprefix: prefix },
  resultExpires: 60,
  taskDefaultQueue: ours,
  workerDeadLetterQueue: `${ours}.dead`,
  workerCancelWait: 0.1,
}

describe('with Python Celery', { skip: amqp.skip || redis.skip || python.skip, timeout: 120_000 }, () => {
  let app: Celery
  let tasks: ReturnType<typeof createApp>['tasks']
  let folder: string
  let client: PythonClient
  let running: RunningWorker
  let pythonWorker: PythonWorker

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celery-python-'))
    ;({ app, tasks } = createApp(settings))
    client = new PythonClient(environment)
    pythonWorker = new PythonWorker(environment, theirs, theirName)
    const appModule = join(import.meta.dirname, '../process-app.ts')
    running = await RunningWorker.start(app, { pool: 'prefork', hostname: ourName, appModule, settings })
    await pythonWorker.ready()
  })
  after(async () => {
    await Promise.all([client.end(), pythonWorker.end()])
    await running[Symbol.asyncDispose]()
    await app.close()
    await forget()
    await rm(folder, { recursive: true })
  })

  /** Removes what the tests left in the broker and the result store. */
  async function forget(): Promise<void> {
    await using connection = await new Connection(amqp.value).connect()
    const channel = await connection.channel()
    for (const queue of [ours, theirs, `${ours}.dead`]) await channel.queueDelete(queue)
    for (const exchange of [ours, theirs]) await channel.exchangeDelete(exchange)
    const store = await createClient({ url: redis.value }).connect()
    for await (const keys of store.scanIterator({ MATCH: `${prefix}*` }))
      if (keys.length > 0) await store.del(keys)
    await store.close()
  }

  describe('as the client, our worker', () => {
    const get = async (name: string, options: Record<string, unknown>) =>
      client.ask('get', { task_id: await client.send(name, ours, options) })

    it('takes arguments by position and by name', async () => {
      assert.deepEqual(await get('tasks.add', { args: [2, 3] }), { value: 5 })
      assert.deepEqual(await get('tasks.add', { args: [2], kwargs: { y: 3 } }), { value: 5 })
      assert.deepEqual(await get('tasks.add', { kwargs: { y: '안', x: '녕' } }), { value: '녕안' })
    })

    it('waits for a countdown', async () => {
      assert.deepEqual(await get('tasks.add', { args: [2, 3], countdown: 0.2 }), { value: 5 })
    })

    it('gives a task the headers of its caller', async () => {
      const { value } = await get('tasks.headers', { headers: { tenant: 'a', depth: 2 } })
      assert.deepEqual(value, { tenant: 'a', depth: 2 })
    })

    it('reads what was compressed', async () => {
      for (const compression of ['gzip', 'zlib']) {
        assert.deepEqual(await get('tasks.add', { args: ['a'.repeat(999), 'b'], compression }), {
          value: `${'a'.repeat(999)}b`,
        })
      }
    })

    it('does not run what has expired while it was held', async () => {
      const { state, error } = await get('tasks.add', { args: [2, 3], countdown: 0.6, expires: 0.5 })
      assert.deepEqual(
        [state, error],
        ['REVOKED', { class: 'TaskRevokedError', module: 'celery.exceptions', text: 'expired' }],
      )
    })

    it('tells of an error in a way that Python can raise', async () => {
      assert.deepEqual(await get('tasks.fail', { args: ['too far'] }), {
        state: 'FAILURE',
        error: { class: 'RangeError', module: 'celery.exceptions', text: 'too far' },
      })
      const { error } = await get('tasks.add', { kwargs: { z: 1 } })
      assert.deepEqual(error, {
        class: 'TypeError',
        module: 'builtins',
        text: "tasks.add() got an unexpected keyword argument 'z'",
      })
      const unknown = (await get('tasks.unknown', {})).error as Record<string, string>
      assert.deepEqual([unknown.class, unknown.module], ['NotRegistered', 'celery.exceptions'])
    })

    it('shows that a task will be retried, and retries it', async () => {
      const id = await client.send('tasks.retry', ours, { args: [1] })
      assert.deepEqual(await client.ask('get', { task_id: id }), { value: 1 })
      const again = await client.send('tasks.retry_later', ours)
      await running.logger.said(new RegExp(`Task tasks.retry_later\\[${again}\\] retry`))
      const { state, info } = await client.ask('state', { task_id: again })
      assert.deepEqual(
        [state, info],
        ['RETRY', { class: 'Error', module: 'celery.exceptions', text: 'not yet' }],
      )
      await app.control.revoke(again)
    })

    it('ends a task that Python terminates', async () => {
      const id = await client.send('tasks.spin', ours, { args: [folder] })
      await new FileGate(folder, 'spin').entered()
      await client.ask('revoke', { task_id: id, signal: 'KILL', destination: [ourName] })
      const { state, error } = await client.ask('get', { task_id: id })
      assert.deepEqual([state, (error as Record<string, string>).text], ['REVOKED', 'terminated'])
    })

    it('answers a ping', async () => {
      const { replies } = await client.ask('ping', { destination: [ourName] })
      assert.deepEqual(replies, [{ [ourName]: { ok: 'pong' } }])
    })
  })

  describe('as the worker, our client', () => {
    const send = (name: string, options: object = {}) => app.sendTask(name, { queue: theirs, ...options })

    it('gets what a task returns, by position and by name', async () => {
      assert.equal(await (await send('py.add', { args: [2, 3] })).get({ timeout: 30 }), 5)
      assert.equal(await (await send('py.add', { args: [2] })).get({ timeout: 30 }), 12)
      assert.equal(await (await send('py.add', { kwargs: { y: 1, x: 2 } })).get({ timeout: 30 }), 3)
    })

    it('hands over everything that a message has', async () => {
      const result = await send('py.echo', {
        ...{ args: [null, 1.5, '안녕', [true]], kwargs: { deep: { er: [] } } },
        ...{ headers: { tenant: 'a' }, countdown: 0.1, expires: 60, compression: 'gzip', retries: 1 },
      })
      const { args, kwargs, headers, retries } = (await result.get({ timeout: 30 })) as Record<
        string,
        unknown
      >
      assert.deepEqual([args, kwargs, retries], [[null, 1.5, '안녕', [true]], { deep: { er: [] } }, 1])
      assert.equal((headers as Record<string, unknown>).tenant, 'a')
    })

    it('gets the error of a task that failed, with Python’s traceback', async () => {
      const result = await send('py.fail', { args: ['bad'] })
      await assert.rejects(
        result.get({ timeout: 30 }),
        (error: Error) => error.name === 'ValueError' && /bad/.test(error.message),
      )
      assert.match(String(await result.traceback()), /raise ValueError\(text, 3\)/)
      await assert.rejects((await send('py.unknown')).get({ timeout: 30 }), /NotRegistered|py.unknown/)
    })

    it('gets a Python error with its arguments', async () => {
      const result = await send('py.fail', { args: ['bad'] })
      const error = await result.get({ timeout: 30, propagate: false })
      assert.ok(error instanceof RemoteError)
      assert.deepEqual([error.excType, error.excModule, error.args], ['ValueError', 'builtins', ['bad', 3]])
    })

    it('sees who is there', async () => {
      const replies = await app.control.ping({ destination: [theirName, ourName], timeout: 30 })
      assert.deepEqual(Object.assign({}, ...replies), {
        [theirName]: { ok: 'pong' },
        [ourName]: { ok: 'pong' },
      })
    })
  })

  it('both sides take part in one program', async () => {
    assert.equal(await (await tasks.add.delay(1, 2)).get({ timeout: 30 }), 3)
    assert.deepEqual(
      await client.ask('get', { task_id: await client.send('py.add', theirs, { args: [1, 2] }) }),
      { value: 3 },
    )
  })
})
