import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { Celery } from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { describeOverBrokers, Ground } from './border.ts'
import { createApp } from './interop-app.ts'
import { OurEar } from './our-ear.ts'
import { type Heard, PythonEar } from './python-ear.ts'
import { PythonClient, PythonWorker } from './python-processes.ts'

/** The names of an event's fields, each with the type of what it says; numbers have only one in JSON. */
const shape = (event: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(event)
      .map(([name, value]) => [name, value === null ? 'null' : typeof value] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )

interface Life {
  readonly task: string
  readonly options?: Readonly<Record<string, unknown>>
  /** Every event of it. */
  readonly events: readonly string[]
  /** What Python's State makes of it. */
  readonly state: string
}

const PYTHON = { worker_send_task_events: true, task_send_sent_event: true, task_acks_late: true }
const BEGUN = ['task-received', 'task-started']
/** Each life that a task can have. */
const LIVES: Readonly<Record<string, Life>> = {
  succeeds: {
    ...{ task: 'add', options: { args: [1, 2], kwargs: {} } },
    ...{ events: [...BEGUN, 'task-succeeded'], state: 'SUCCESS' },
  },
  fails: { task: 'fail', options: { args: ['no'] }, events: [...BEGUN, 'task-failed'], state: 'FAILURE' },
  'is refused': { task: 'reject', events: [...BEGUN, 'task-rejected'], state: 'STARTED' },
  'is tried again': {
    ...{ task: 'retry', options: { args: [1] } },
    ...{ events: [...BEGUN, 'task-retried', ...BEGUN, 'task-succeeded'], state: 'SUCCESS' },
  },
  'comes too late': {
    ...{ task: 'add', options: { args: [1, 2], countdown: 1.2, expires: 1 } },
    ...{ events: ['task-received', 'task-revoked'], state: 'REVOKED' },
  },
  'tells something of its own': {
    ...{ task: 'send_event', events: [...BEGUN, 'task-halfway', 'task-succeeded'], state: 'SUCCESS' },
  },
  'is unknown': { task: 'unknown', events: ['task-failed'], state: 'FAILURE' },
}

/** A time that no worker of a test has come to by itself. */
const LATER = 1_000_000

/** What is another one each time, and what is another one in another language. */
const DIFFERS = new Set([
  ...['hostname', 'pid', 'clock', 'timestamp', 'local_received', 'runtime', 'eta', 'expires'],
  ...['exception', 'traceback'],
])

/** What an event says, where that differs its type; of an id that it has the same one as another field. */
function told(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { uuid } = event
  const entries = Object.entries(event).map(([name, value]) => {
    if (DIFFERS.has(name)) return [name, value === null ? 'null' : typeof value] as const
    const text = JSON.stringify(value).replaceAll(String(uuid), 'ID')
    return [name, text.replace(/^"(js|py)\./, '"')] as const
  })
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

describeOverBrokers('events', 120_000, (broker) => {
  let ground: Ground
  let app: Celery
  let client: PythonClient
  let theirs: PythonWorker
  let running: RunningWorker
  let ear: PythonEar
  let ourEar: OurEar
  let ourName: string
  let theirName: string

  before(async () => {
    ground = new Ground(broker, { taskSendSentEvent: true, taskAcksLate: true }, PYTHON)
    ourName = `ours@${ground.run}`
    theirName = `theirs@${ground.run}`
    app = createApp(ground.settings)
    ear = new PythonEar(ground.python)
    ourEar = new OurEar(app)
    await Promise.all([ear.ready(), ourEar.ready()])
    client = new PythonClient(ground.python)
    theirs = new PythonWorker(ground.python, ground.theirs, theirName, { mingles: true })
    await theirs.ready()
    await client.ask('revoke', { task_id: `unwanted-${ground.run}`, terminate: false })
    running = await RunningWorker.start(app, { pool: 'async', hostname: ourName, taskEvents: true })
  })

  after(async () => {
    await Promise.all([client.end(), ear.end(), ourEar.end(), theirs.end()])
    await running[Symbol.asyncDispose]()
    await app.close()
    await ground.forget()
  })

  for (const [what, { task, options = {}, events, state }] of Object.entries(LIVES)) {
    it(`of our worker are those of a Python worker, each word, where a task ${what}`, async () => {
      const [ours, python] = await Promise.all(
        [
          { name: ourName, sent: await client.send(`js.${task}`, ground.ours, options) },
          { name: theirName, sent: await client.send(`py.${task}`, ground.theirs, options) },
        ].map(async ({ name, sent }) => {
          const isOfTask = ({ event }: Heard) => event.uuid === sent && event.type !== 'task-sent'
          const last = await ear.hearsAll(events.length, isOfTask)
          assert.deepEqual(
            last.map(({ event }) => event.hostname),
            events.map(() => name),
          )
          assert.equal(last.at(-1)?.task, state)
          // The message of a retry may be received before it is told that there will be one.
          return last
            .map(({ event }) => told(event))
            .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        }),
      )
      assert.deepEqual(ours, python)
      assert.deepEqual(ours?.map(({ type }) => JSON.parse(String(type))).sort(), [...events].sort())
    })
  }

  it('of a task that is revoked before it runs are those of a Python worker, each word', async () => {
    const [ours, python] = await Promise.all([
      client.send('js.add', ground.ours, { args: [1, 2], countdown: 1 }),
      client.send('py.add', ground.theirs, { args: [1, 2], countdown: 1 }),
    ])
    await client.ask('revoke', { task_id: [ours, python], terminate: false })
    const one = await ear.hears('task-revoked', ourName, ({ event }) => event.uuid === ours)
    const other = await ear.hears('task-revoked', theirName, ({ event }) => event.uuid === python)
    assert.deepEqual(told(one.event), told(other.event))
    assert.deepEqual([one.task, other.task], ['REVOKED', 'REVOKED'])
  })

  it('of our worker itself are a Python worker’s, and keep it alive', async () => {
    const one = await ear.hears('worker-heartbeat', ourName)
    const other = await ear.hears('worker-heartbeat', theirName)
    assert.deepEqual(shape(one.event), shape(other.event))
    const online = await ear.hears('worker-online', ourName)
    assert.deepEqual(shape(online.event), shape((await ear.hears('worker-online', theirName)).event))
    assert.ok(one.alive.includes(ourName))
    assert.deepEqual([one.event.freq, one.event.sw_ident], [2, 'ts-celery'])
  })

  it('of our client tell of a task that it sends what Python’s client tells', async () => {
    const { id } = await app.sendTask('py.add', { args: [1, 2], queue: ground.theirs })
    const python = await client.send('js.add', ground.ours, { expression: '(1, 2)' })
    const isOf = (uuid: string) => (heard: Heard) =>
      heard.event.type === 'task-sent' && heard.event.uuid === uuid
    const [one] = await ear.hearsAll(1, isOf(id))
    const [other] = await ear.hearsAll(1, isOf(python))
    assert.equal(one?.event.hostname, app.origin)
    const [ours, theirs] = [one, other].map((heard) => told(heard?.event ?? {}))
    const place = { queue: '', routing_key: '' }
    assert.deepEqual({ ...ours, ...place }, { ...theirs, ...place })
    const { name, args, kwargs, queue, root_id } = one?.event ?? {}
    assert.deepEqual([name, args, kwargs, queue, root_id], ['py.add', '(1, 2)', '{}', ground.theirs, id])
  })

  it('tell workers of both that the others came, and with it what was revoked and what time it is', async () => {
    const found = new RegExp(`${theirName} joined the party`)
    await running.logger.said(found)
    await running.logger.said(/mingle: sync with 1 nodes complete/)
    await theirs.said(new RegExp(`sync with ${ourName}`))
    await theirs.said(new RegExp(`${ourName} joined the party`))
    assert.ok(running.worker.consumer.gossip?.state.workers.get(theirName)?.alive)
    const inspect = (name: string) => app.control.inspect({ destination: [name], timeout: 30 })
    const unwanted = [`unwanted-${ground.run}`, `unwanted-too-${ground.run}`]
    assert.deepEqual((await inspect(ourName).revoked())?.[ourName]?.slice(0, 1), unwanted.slice(0, 1))
    await app.control.revoke(unwanted[1] as string, { destination: [ourName] })
    app.clock.adjust(LATER)
    const name = `third@${ground.run}`
    await using opened = new AsyncDisposableStack()
    const third = opened.adopt(
      new PythonWorker(ground.python, ground.theirs, name, { mingles: true }),
      (worker) => worker.end(),
    )
    await third.ready()
    await third.said(/mingle: sync complete/)
    await running.logger.said(new RegExp(`${name} joined the party`))
    const revoked = (await inspect(name).revoked())?.[name] ?? []
    assert.deepEqual(
      unwanted.filter((id) => !revoked.includes(id)),
      [],
    )
    const clock = (await inspect(name).clock())?.[name] as { clock: number }
    assert.ok(clock.clock > LATER)
    await third.end()
    await running.logger.said(new RegExp(`${name} left`))
    await theirs.said(new RegExp(`${name} left`))
  })

  it('tell workers of both that the others left', async () => {
    await running.worker.stop()
    const ours = await ear.hears('worker-offline', ourName)
    assert.ok(!ours.alive.includes(ourName))
    await theirs.said(new RegExp(`${ourName} left`))
    await theirs.end()
    const python = await ear.hears('worker-offline', theirName)
    assert.deepEqual(shape(ours.event), shape(python.event))
  })

  it('of both make the same picture in Python’s camera as in ours', async () => {
    const { snapshot } = await ear.hears('worker-offline', theirName)
    await ourEar.left(theirName)
    await ourEar.camera.capture()
    assert.deepEqual(ourEar.camera.picture, snapshot)
    const workers = Object.values(snapshot ?? {}).map(([, , worker]) => worker)
    assert.deepEqual(new Set(workers), new Set([ourName, theirName]))
  })
})
