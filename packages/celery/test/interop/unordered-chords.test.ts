import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import { type Celery, chord } from '../../src/index.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { Ground, redis, skipWithout } from './border.ts'
import { createApp } from './interop-app.ts'
import { PythonClient, PythonWorker } from './python-processes.ts'

describe('with result_chord_ordered off', { skip: skipWithout('Redis'), timeout: 60_000 }, () => {
  const store = createClient({ url: redis.value })
  const gate = new Gate()
  let ground: Ground
  let app: Celery
  let client: PythonClient
  let theirs: PythonWorker
  let running: RunningWorker

  before(async () => {
    ground = new Ground('Redis')
    const keys = { globalKeyprefix: ground.prefix, resultChordOrdered: false }
    app = createApp({ ...ground.settings, resultBackendTransportOptions: keys })
    app.task('js.gated', (value: unknown) => gate.pass().then(() => value))
    const options = JSON.stringify({ result_chord_ordered: false })
    const environment = {
      ...ground.python,
      variables: { ...ground.python.variables, RESULT_OPTIONS: options },
    }
    await store.connect()
    client = new PythonClient(environment)
    theirs = new PythonWorker(environment, ground.theirs, `theirs@${ground.run}`)
    await theirs.ready()
    running = await RunningWorker.start(app, { pool: 'async', hostname: `ours@${ground.run}` })
  })

  after(async () => {
    gate.open()
    await Promise.all([client.end(), theirs.end()])
    await running[Symbol.asyncDispose]()
    await app.close()
    await ground.forget()
    await store.close()
  })

  it('the body has the values as they came, from a list as Python has it', async () => {
    const header = [
      app.signature('js.gated', { args: ['first'] }),
      app.signature('js.same', { args: ['second'] }),
    ]
    const body = app.signature('js.same')
    const result = await chord(header, body).delay()
    await gate.entered
    await running.logger.said(/Task js.same.* succeeded/) // its part is counted by then
    const [key] = await store.keys(`${ground.prefix}celery-taskset-meta-*.j`)
    assert.equal(await store.type(String(key)), 'list')
    const [part] = await store.lRange(String(key), 0, -1)
    assert.deepEqual(JSON.parse(String(part)).slice(2), ['SUCCESS', ['second']])
    gate.open()
    assert.deepEqual(await result.get({ timeout: 20 }), [[['second'], 'first']])
    assert.equal(await store.exists(String(key)), 0)
  })

  const sorted = (values: unknown) => (values as number[]).sort((one, other) => one - other)

  it('a header of Python’s that runs on both sides comes together, whoever ends last', async () => {
    const header = [1, 2, 3].flatMap((n) => [
      ['js.add', [n, 0], ground.ours],
      ['py.add', [n, 10], ground.theirs],
    ])
    for (const body of [
      ['js.same', [], ground.ours],
      ['py.values', [], ground.theirs],
    ]) {
      const { id } = await client.ask('send_chord', { header, body })
      const { value } = (await client.ask('get', { task_id: id })) as {
        value: [unknown] & { given: unknown[] }
      }
      assert.deepEqual(sorted(value.given?.[0] ?? value[0]), [1, 2, 3, 11, 12, 13])
    }
  })

  it('so does a header of ours', async () => {
    const header = [1, 2, 3].flatMap((n) => [
      app.signature('js.add', { args: [n, 0] }),
      app.signature('py.add', { args: [n, 10], queue: ground.theirs }),
    ])
    const body = app.signature('py.values', { queue: ground.theirs })
    const { given } = (await (await chord(header, body).delay()).get({ timeout: 20 })) as { given: unknown[] }
    assert.deepEqual(sorted(given[0]), [1, 2, 3, 11, 12, 13])
  })
})
