/** The beat of each side, and what the other side's workers make of what it sends. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { Consumer, type Message } from '@voice-pocket/kombu'
import { BeatService } from '../../src/index.ts'
import { takeMessage } from '../memory-app.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { within } from '../within.ts'
import { type BrokerName, Ground, skipWithout } from './border.ts'
import { createApp } from './interop-app.ts'
import { PythonWorker } from './python-processes.ts'

/** One entry, as both have it in their settings. */
const entry = (task: string, queue: string) => ({
  task,
  schedule: 0.3,
  args: [2, 3],
  options: { queue, expires: 60, priority: 1, headers: { own: 'yes' } },
})

/** Python's beat, which sends one entry, until the test ends. */
async function startPythonBeat(t: TestContext, ground: Ground, beatEntry: object): Promise<void> {
  const { python, variables } = ground.python
  const settings = JSON.stringify({ beat_schedule: { name: beatEntry } })
  const file = join(await temporaryFolder(t), 'schedule')
  const child = spawn(python, ['-m', 'celery', '-A', 'interop_tasks', 'beat', '-s', file], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...variables, SETTINGS: settings, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'ignore',
  })
  const closed = once(child, 'close')
  t.after(async () => {
    child.kill('SIGTERM')
    await closed
  })
}

/** Ours; resolves with its app when it has sent the entry once more than it had. */
async function runOurBeat(t: TestContext, ground: Ground, beatEntry: object) {
  const app = createApp({ ...ground.settings, beat_schedule: { name: beatEntry } })
  const logger = new RecordingLogger()
  const scheduleFilename = join(await temporaryFolder(t), 'schedule')
  const service = new BeatService(app, { logger, scheduleFilename })
  t.after(async () => {
    await service.stop()
    await app.close()
  })
  void service.run()
  await logger.said(/sent\. id->/)
  const [, id = ''] = /sent\. id->(\S+)/.exec(logger.text('debug')) ?? []
  return { app, service, id }
}

/** What a message says, without what differs from one to the next and from one program to the other. */
function shapeOf({ headers, properties, payload, contentType, contentEncoding }: Message) {
  const { id, root_id, expires, origin, lang, argsrepr, ...others } = headers
  const { correlationId, replyTo, expiration, ...more } = properties
  assert.ok(Math.abs(Date.parse(String(expires)) - Date.now() - 60_000) < 30_000, String(expires))
  assert.ok(Number(expiration) > 30_000 && Number(expiration) <= 60_000, expiration)
  assert.deepEqual([root_id, correlationId], [id, id])
  assert.match(String(argsrepr), /^[([]2, 3[\])]$/) // Python's beat makes a list of them, all others a tuple
  const types = [replyTo, origin, lang].map((value) => typeof value)
  return { headers: others, properties: more, types, payload, contentType, contentEncoding }
}

for (const broker of ['RabbitMQ', 'Redis'] as const satisfies readonly BrokerName[]) {
  describe(`beat over ${broker}`, { skip: skipWithout(broker), timeout: 90_000 }, () => {
    let ground: Ground

    before(() => {
      ground = new Ground(broker)
    })
    after(() => ground.forget())

    it('of ours sends what Python’s worker runs', async (t) => {
      const worker = new PythonWorker(ground.python, ground.theirs, `theirs@${ground.run}`)
      t.after(() => worker.end())
      await worker.ready()
      const { app, id } = await runOurBeat(t, ground, entry('py.add', ground.theirs))
      assert.equal(await app.asyncResult(id).get({ timeout: 30 }), 5)
    })

    it('of Python sends what our worker runs', async (t) => {
      const app = createApp(ground.settings)
      t.after(() => app.close())
      const ran = Promise.withResolvers<string>()
      app.signals.taskSuccess.connect(({ task }) => ran.resolve(task.name))
      await using _running = await RunningWorker.start(app, { pool: 'async' })
      await startPythonBeat(t, ground, entry('js.add', ground.ours))
      assert.equal(await within(ran.promise, () => 'no task of Python’s beat came'), 'js.add')
    })

    it('of both sends the same message', async (t) => {
      const queue = `${ground.ours}.dead` // of its own, and forgotten with the others
      const { app, service } = await runOurBeat(t, ground, entry('js.unknown', queue))
      await service.stop()
      const ours = await takeMessage(app, queue)
      while (await takeMessage(app, queue)); // those that it sent meanwhile
      const arrived = nextMessage(app, queue)
      await startPythonBeat(t, ground, entry('js.unknown', queue))
      const theirs = await within(arrived, () => 'Python’s beat sent nothing')
      assert.ok(ours)
      assert.deepEqual(shapeOf(ours), shapeOf(theirs))
    })
  })
}

async function nextMessage(app: ReturnType<typeof createApp>, name: string): Promise<Message> {
  const { promise, resolve } = Promise.withResolvers<Message>()
  const connection = app.newConnection('test')
  const channel = await connection.channel()
  const callbacks = [(_body: unknown, message: Message) => resolve(message)]
  await new Consumer(channel, { queues: [app.amqp.queues.get(name)], callbacks, noAck: true }).consume()
  const message = await promise
  await connection.close()
  return message
}
