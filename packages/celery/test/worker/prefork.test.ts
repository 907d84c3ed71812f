import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { ImproperlyConfigured, TaskRevokedError, WorkerLostError } from '../../src/index.ts'
import { FileGate } from '../concurrency/file-gate.ts'
import { queueSize } from '../memory-app.ts'
import { createApp } from '../process-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** An app on files of its own, and how to start a worker with children for it. */
async function onFiles(t: TestContext) {
  const folder = await temporaryFolder(t)
  const settings = {
    brokerUrl: `sqlite:///${join(folder, 'broker.sqlite')}`,
    resultBackend: `sqlite:///${join(folder, 'results.sqlite')}`,
    workerCancelWait: 0.1,
  }
  const { app, tasks } = createApp(settings)
  t.after(() => app.close())
  const appModule = join(import.meta.dirname, '../process-app.ts')
  const start = (concurrency = 1) =>
    RunningWorker.start(app, { pool: 'prefork', concurrency, appModule, settings })
  const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).trimEnd().split('\n')
  return { app, tasks, folder, start, runs }
}

describe('a worker with child processes', { timeout: 180_000 }, () => {
  it('runs tasks, tells how they fail and that they progress', async (t) => {
    const { tasks, folder, start } = await onFiles(t)
    await using _running = await start(2)
    assert.equal(await (await tasks.add.delay(2, 3)).get({ timeout: 20 }), 5)
    await assert.rejects((await tasks.fail.delay('too far')).get({ timeout: 20 }), RangeError)
    const result = await tasks.progress.delay(folder)
    await new FileGate(folder, 'progress').entered()
    assert.deepEqual([await result.state(), await result.info()], ['PROGRESS', { done: 1, total: 2 }])
    await new FileGate(folder, 'progress').open()
    assert.equal(await result.get({ timeout: 20 }), 'all')
  })

  it('retries a task that its child sends again', async (t) => {
    const { tasks, start } = await onFiles(t)
    await using _running = await start()
    assert.equal(await (await tasks.retry.delay(2)).get({ timeout: 20 }), 2)
  })

  it('fails a task whose child died', async (t) => {
    const { app, tasks, folder, start, runs } = await onFiles(t)
    await using running = await start()
    const result = await tasks.die.delay(folder)
    await assert.rejects(
      result.get({ timeout: 20 }),
      (error) => error instanceof WorkerLostError && /signal SIGKILL/.test(error.message),
    )
    await running.worker.stop()
    assert.deepEqual([await runs(), await queueSize(app)], [['run'], 0])
  })

  it('runs a late-acknowledged task again whose child died', async (t) => {
    const { app, tasks, folder, start, runs } = await onFiles(t)
    await using running = await start()
    assert.equal(await (await tasks.survive.delay(folder)).get({ timeout: 20 }), 'survived')
    await running.logger.said(/lost its child; it will be delivered again/)
    await running.worker.stop()
    assert.deepEqual([await runs(), await queueSize(app)], [['run', 'run'], 0])
  })

  it('gives up a task that cost three children', async (t) => {
    const { app, tasks, folder, start, runs } = await onFiles(t)
    await using running = await start()
    const result = await tasks.dieLate.delay(folder)
    await assert.rejects(result.get({ timeout: 20 }), WorkerLostError)
    await running.logger.said(/it will be delivered again/, 2)
    await running.worker.stop()
    assert.deepEqual([await runs(), await queueSize(app)], [['run', 'run', 'run'], 0])
  })

  it('ends a task that is to be terminated and does not listen, and goes on', async (t) => {
    const { tasks, folder, start } = await onFiles(t)
    await using _running = await start()
    const result = await tasks.spin.delay(folder)
    await new FileGate(folder, 'spin').entered()
    await result.revoke({ terminate: true })
    await assert.rejects(
      result.get({ timeout: 20 }),
      (error) => error instanceof TaskRevokedError && error.message === 'terminated',
    )
    assert.equal(await (await tasks.add.delay(1, 1)).get({ timeout: 20 }), 2)
  })

  it('does not start where its children could reach neither broker nor results', async (t) => {
    const appModule = join(import.meta.dirname, '../process-app.ts')
    for (const [settings, reason] of [
      [
        { brokerUrl: 'memory://', resultBackend: 'redis://localhost' },
        /cannot reach memory:\/\/ \(brokerUrl\)/,
      ],
      [{ brokerUrl: ['amqp://a', 'memory://b'] }, /cannot reach memory:\/\/b \(brokerUrl\)/],
      [{ brokerUrl: 'amqp://a', resultBackend: 'cache+memory://' }, /cache\+memory:\/\/ \(resultBackend\)/],
    ] as const) {
      const { app } = createApp(settings)
      t.after(() => app.close())
      const worker = await app.worker({ pool: 'prefork', appModule })
      await assert.rejects(
        worker.start(),
        (error) => error instanceof ImproperlyConfigured && reason.test(error.message),
      )
    }
  })

  it('finishes what runs on a warm shutdown, and gives back on a cold one', async (t) => {
    const { app, tasks, folder, start, runs } = await onFiles(t)
    await using first = await start()
    const done = await tasks.passLate.delay(folder, 'a')
    await new FileGate(folder, 'a').entered()
    const stopping = first.worker.stop()
    await new FileGate(folder, 'a').open()
    await stopping
    assert.deepEqual([await done.state(), await queueSize(app)], ['SUCCESS', 0])
    await using second = await start()
    await tasks.passLate.delay(folder, 'b')
    await new FileGate(folder, 'b').entered()
    await second.worker.terminate()
    assert.deepEqual([await runs(), await queueSize(app)], [['a', 'b'], 1])
  })
})
