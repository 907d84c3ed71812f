import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Celery, Signal } from '../../src/index.ts'
import { CeleryProcess } from '../bin/celery-process.ts'
import inventory from '../fixtures/python/inventory/inventory.json' with { type: 'json' }
import { memoryApp, takeMessage } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Celery's signals that are not here, see docs/celery-compatibility.md. */
const LEFT_OUT = ['after_setup_task_logger', 'task_sent', 'user_preload_options']

const signalsOf = ({ signals }: Celery) =>
  Object.values(signals).filter((value) => 'connect' in value) as Signal<unknown>[]

/** The names of all signals of an app, as they are sent. */
function namesHeard(app: Celery): string[] {
  const heard: string[] = []
  for (const signal of signalsOf(app)) signal.connect(() => void heard.push(signal.name))
  return heard
}

describe('the signals of an app', { timeout: 120_000 }, () => {
  it('have Celery’s names', (t) => {
    const names = signalsOf(memoryApp(t)).map(({ name }) => name)
    const missing = inventory.signals.filter((name) => !names.includes(name) && !name.startsWith('eventlet_'))
    assert.deepEqual(missing, LEFT_OUT)
  })

  it('are sent at Celery’s moments, from the start of a worker to its end', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1)
    const heard = namesHeard(app)
    const running = await RunningWorker.start(app, { withoutHeartbeat: true })
    await (await task.delay()).get({ timeout: 20 })
    await running.worker.state.idle()
    await running.worker.stop()
    assert.ok(heard.includes('after_task_publish'))
    assert.deepEqual(
      heard.filter((name) => name !== 'after_task_publish'),
      [
        // by then the worker may have it
        ...['celeryd_init', 'worker_init', 'import_modules', 'celeryd_after_setup', 'worker_ready'],
        ...['before_task_publish', 'task_received', 'task_prerun', 'task_postrun'],
        ...['task_success', 'worker_shutdown'],
      ],
    )
  })

  it('tell of a run what the task got and gave', async (t) => {
    const app = memoryApp(t)
    const add = app.task('tasks.add', (x: number, y: number) => x + y)
    const fail = app.task('tasks.fail', () => {
      throw new RangeError('too far')
    })
    const heard: unknown[] = []
    const { taskPrerun, taskPostrun, taskSuccess, taskFailure } = app.signals
    taskPrerun.connect(({ taskId, task, args }) => void heard.push([taskId, task.name, args]), {
      sender: 'tasks.add',
    })
    taskPostrun.connect(({ taskId, retval, state }) => void heard.push([taskId, String(retval), state]))
    taskSuccess.connect(({ task, repr }) => void heard.push([task.id, repr, task.arguments().args]))
    taskFailure.connect(({ task, exception }) => void heard.push([task.id, exception.message]))
    await using running = await RunningWorker.start(app)
    await add.applyAsync({ args: [2, 3], taskId: 'a' })
    await running.logger.said(/succeeded/)
    await fail.applyAsync({ taskId: 'b' })
    await running.logger.said(/raised unexpected/)
    await running.worker.state.idle()
    assert.deepEqual(heard, [
      ['a', 'tasks.add', [2, 3]],
      ['a', '5', 'SUCCESS'],
      ['a', '5', [2, 3]],
      ['b', 'RangeError: too far', 'FAILURE'],
      ['b', 'too far'],
    ])
  })

  it('let a receiver change headers and properties of a call before it is sent', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1)
    app.signals.beforeTaskPublish.connect(({ headers, properties, routingKey }) => {
      headers.tenant = routingKey
      properties.priority = 7
    })
    await task.delay()
    const message = await takeMessage(app)
    assert.deepEqual([message?.headers.tenant, message?.properties.priority], ['celery', 7])
  })

  it('tell of retries, of what is rejected, unknown or revoked, and of what cannot be stored', async (t) => {
    const app = memoryApp(t)
    const again = app.task('again', (self) => self.retry({ countdown: 600, exc: new Error('not yet') }), {
      bind: true,
    })
    const lose = app.task('lose', () => 1, { acksLate: true })
    const heard: unknown[] = []
    const { taskRetry, taskUnknown, taskRejected, taskRevoked, taskInternalError } = app.signals
    taskRetry.connect(({ task, reason }) => void heard.push(['retry', task.name, reason.message]))
    taskUnknown.connect(({ name, id, exception }) => void heard.push(['unknown', name, id, exception.name]))
    taskRejected.connect(({ exception }) => void heard.push(['rejected', exception.name]))
    taskRevoked.connect(({ expired, signum }) => void heard.push(['revoked', expired, signum]))
    taskInternalError.connect(
      ({ task, exception }) => void heard.push(['internal', task.name, exception.message]),
    )
    await using running = await RunningWorker.start(app)
    await again.delay()
    await running.logger.said(/retry: Error/)
    await app.sendTask('no.such', { taskId: 'x' })
    await running.logger.said(/never registered/)
    const channel = await app.connection.channel()
    await channel.basicPublish(
      {
        body: Buffer.from('?'),
        headers: { task: 'lose' },
        properties: {},
        contentType: 'text/plain',
        contentEncoding: 'utf-8',
      },
      { exchange: '', routingKey: 'celery' },
    )
    await running.logger.said(/goes to the dead letters/, 2)
    running.worker.state.revoked.add('unwanted')
    await lose.applyAsync({ taskId: 'unwanted' })
    await running.logger.said(/Discarding revoked/)
    const backend = await app.backend()
    backend.markAsDone = () => Promise.reject(new Error('the disk is full'))
    await lose.delay()
    await running.logger.said(/goes back to its queue: .*the disk is full/)
    await running.worker.terminate()
    assert.deepEqual(heard.slice(0, 5), [
      ['retry', 'again', 'not yet'],
      ['unknown', 'no.such', 'x', 'NotRegistered'],
      ['rejected', 'InvalidTaskError'],
      ['revoked', false, null],
      ['internal', 'lose', 'the disk is full'],
    ])
  })

  it('tell of heartbeats', async (t) => {
    const app = memoryApp(t)
    const heard: string[] = []
    app.signals.heartbeatSent.connect(({ worker }) => void heard.push(worker.hostname))
    await using _running = await RunningWorker.start(app, { hostname: 'w1@test' })
    assert.deepEqual(heard, ['w1@test'])
  })

  for (const pool of ['prefork', 'threads']) {
    it(`are sent in the children of the pool and about them, and of the log and the shutdown (${pool})`, async (t) => {
      const folder = await temporaryFolder(t)
      const env = { ...process.env, SIGNALS_FOLDER: folder }
      const app = join(import.meta.dirname, 'signals-app.ts')
      await using worker = new CeleryProcess(['worker', '-c', '1', '-P', pool], { app, env })
      await worker.said(/\[tasks\]/)
      await worker.said(/heard in parent: worker_ready/)
      worker.kill('SIGTERM')
      assert.equal(await worker.ended(), 0)
      const heard = (await readFile(join(folder, 'heard'), 'utf8')).trimEnd().split('\n')
      assert.deepEqual(heard, [
        ...['parent setup_logging', 'parent after_setup_logger', 'parent worker_before_create_process'],
        ...['child worker_process_init', 'parent worker_ready', 'parent worker_shutting_down Warm SIGTERM'],
        ...['child worker_process_shutdown', 'parent worker_shutdown'],
      ])
    })
  }
})
