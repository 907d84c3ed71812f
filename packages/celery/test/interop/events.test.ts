import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Celery } from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { type BrokerName, Ground, skipWithout } from './border.ts'
import { createApp } from './interop-app.ts'
import { PythonEar } from './python-ear.ts'
import { PythonClient, PythonWorker } from './python-processes.ts'

/** The names of an event's fields, each with the type of what it says; numbers have only one in JSON. */
const shape = (event: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(event)
      .map(([name, value]) => [name, value === null ? 'null' : typeof value] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )

for (const broker of ['RabbitMQ', 'Redis'] as const satisfies readonly BrokerName[]) {
  describe(`events, over ${broker}`, { skip: skipWithout(broker), timeout: 120_000 }, () => {
    let ground: Ground
    let app: Celery
    let client: PythonClient
    let theirs: PythonWorker
    let running: RunningWorker
    let ear: PythonEar
    let ourName: string
    let theirName: string

    before(async () => {
      ground = new Ground(broker, { taskSendSentEvent: true }, { worker_send_task_events: true })
      ourName = `ours@${ground.run}`
      theirName = `theirs@${ground.run}`
      app = createApp(ground.settings)
      ear = new PythonEar(ground.python)
      await ear.ready()
      client = new PythonClient(ground.python)
      theirs = new PythonWorker(ground.python, ground.theirs, theirName)
      await theirs.ready()
      await client.ask('revoke', { task_id: `unwanted-${ground.run}`, terminate: false })
      running = await RunningWorker.start(app, { pool: 'async', hostname: ourName, taskEvents: true })
    })

    after(async () => {
      await Promise.all([client.end(), ear.end(), theirs.end()])
      await running[Symbol.asyncDispose]()
      await app.close()
      await ground.forget()
    })

    it('of our worker have the fields that a Python worker’s have, and Python’s State understands them', async () => {
      const cases = [
        ['add', { args: [1, 2] }, ['task-received', 'task-started', 'task-succeeded'], 'SUCCESS'],
        ['fail', { args: ['no'] }, ['task-received', 'task-started', 'task-failed'], 'FAILURE'],
      ] as const
      for (const [name, options, types, state] of cases) {
        const ours = await client.send(`js.${name}`, ground.ours, options)
        const python = await client.send(`py.${name}`, ground.theirs, options)
        for (const type of types) {
          const one = await ear.hears(type, ourName, ({ event }) => event.uuid === ours)
          const other = await ear.hears(type, theirName, ({ event }) => event.uuid === python)
          assert.deepEqual(shape(one.event), shape(other.event))
          if (type === types.at(-1)) assert.deepEqual([one.task, other.task], [state, state])
        }
      }
    })

    it('that a task sends itself are what a task of Python’s sends', async () => {
      const ours = await client.send('js.send_event', ground.ours)
      const python = await client.send('py.send_event', ground.theirs)
      const one = await ear.hears('task-halfway', ourName, ({ event }) => event.uuid === ours)
      const other = await ear.hears('task-halfway', theirName, ({ event }) => event.uuid === python)
      assert.deepEqual([one.event.done, shape(one.event)], [5, shape(other.event)])
    })

    it('of our worker itself are a Python worker’s, and keep it alive', async () => {
      const one = await ear.hears('worker-heartbeat', ourName)
      const other = await ear.hears('worker-heartbeat', theirName)
      assert.deepEqual(shape(one.event), shape(other.event))
      assert.ok(one.alive.includes(ourName))
      assert.deepEqual([one.event.freq, one.event.sw_ident], [2, 'ts-celery'])
    })

    it('of our client tell of a task that it sends', async () => {
      const { id } = await app.sendTask('py.add', { args: [1, 2], queue: ground.theirs })
      const { event } = await ear.hears('task-sent', app.origin, (heard) => heard.event.uuid === id)
      const { name, args, kwargs, queue, root_id } = event
      assert.deepEqual([name, args, kwargs, queue, root_id], ['py.add', '(1, 2)', '{}', ground.theirs, id])
    })

    it('of Python’s worker tell ours that it is there; what was revoked ours heard at its start', async () => {
      await running.logger.said(new RegExp(`${theirName} joined the party`))
      assert.ok(running.worker.consumer.gossip?.state.workers.get(theirName)?.alive)
      assert.ok(running.worker.state.revoked.has(`unwanted-${ground.run}`))
      await theirs.end()
      await running.logger.said(new RegExp(`${theirName} left`))
    })

    it('of our worker tell when it leaves', async () => {
      await running.worker.stop()
      const { alive } = await ear.hears('worker-offline', ourName)
      assert.ok(!alive.includes(ourName))
    })
  })
}
