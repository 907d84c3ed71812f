import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CeleryError, ImproperlyConfigured } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

describe('a warm shutdown', { timeout: 120_000 }, () => {
  it('finishes what runs and gives back what has not begun', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('t', async (x: number) => {
      await gate.pass()
      return x
    })
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    const results = [await task.delay(0), await task.delay(1), await task.delay(2)]
    await running.logger.said(/received/, 3)
    await gate.entered
    const stopping = running.worker.stop()
    await running.logger.said(/goes back to its queue/, 2)
    gate.open()
    await stopping
    assert.deepEqual(await Promise.all(results.map((result) => result.state())), [
      'SUCCESS',
      'PENDING',
      'PENDING',
    ])
    assert.deepEqual([gate.passed, await queueSize(app)], [1, 2])
  })

  it('takes nothing new', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    await task.delay()
    await gate.entered
    const stopping = running.worker.stop()
    await task.delay()
    gate.open()
    await stopping
    assert.deepEqual([gate.passed, await queueSize(app)], [1, 1])
  })

  it('acknowledges late what it finished', async (t) => {
    const app = memoryApp(t, { taskAcksLate: true })
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    await task.delay()
    await gate.entered
    const stopping = running.worker.stop()
    gate.open()
    await stopping
    assert.equal(await queueSize(app), 0)
  })

  it('becomes a cold one when told so', async (t) => {
    const app = memoryApp(t, { taskAcksLate: true })
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    await task.delay()
    await gate.entered
    const told: string[] = []
    running.worker.consumer.parts.reporter.listen(({ type }) => void told.push(type))
    const stopping = running.worker.stop()
    await running.worker.terminate()
    await stopping
    assert.equal(await queueSize(app), 1)
    assert.deepEqual(told, ['task-cancelled'])
    gate.open()
  })
})

describe('a soft shutdown', { timeout: 120_000 }, () => {
  it('waits out its time also when nothing runs, if it is to', async (t) => {
    for (const [onIdle, expected] of [
      [true, 'SUCCESS'],
      [false, 'PENDING'],
    ] as const) {
      const app = memoryApp(t, { workerSoftShutdownTimeout: 0.3, workerEnableSoftShutdownOnIdle: onIdle })
      const task = app.task('t', () => 1)
      await using running = await RunningWorker.start(app)
      const held = await task.applyAsync({ countdown: 0.1 })
      await running.logger.said(/received/)
      await running.worker.softShutdown()
      assert.deepEqual([await held.state(), await queueSize(app)], [expected, onIdle ? 0 : 1])
    }
  })

  it('ends what runs when its time is over', async (t) => {
    const app = memoryApp(t, { workerSoftShutdownTimeout: 0.01, taskAcksLate: true })
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    await task.delay()
    await gate.entered
    await running.worker.softShutdown()
    assert.equal(await queueSize(app), 1)
    gate.open()
  })
})

describe('a worker', { timeout: 120_000 }, () => {
  it('can be stopped before it was started and twice, and then starts no more', async (t) => {
    const worker = await memoryApp(t).worker()
    await worker.stop()
    await worker.stop()
    await worker.terminate()
    await worker.finished
    await assert.rejects(worker.start(), /starts once/)
  })

  it('says what it cannot tell before it was started', async (t) => {
    const worker = await memoryApp(t).worker()
    assert.throws(() => worker.pool, /not started yet/)
    await worker.stop()
  })

  it('that is stopped while it imports its tasks does not start afterwards', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'celery-imports-'))
    t.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'slow.mjs')
    await writeFile(
      path,
      "process.emit('test:imported'); await new Promise((go) => process.once('test:go-on', go))",
    )
    const app = memoryApp(t, { imports: [path] })
    await app.task('t', () => 1).delay()
    const worker = await app.worker()
    const imported = new Promise((resolve) => process.once('test:imported' as 'exit', resolve))
    const starting = worker.start()
    await imported
    await worker.stop()
    process.emit('test:go-on' as 'exit', 0)
    await starting
    await worker.finished
    assert.equal(await queueSize(app), 1) // nobody took it
  })

  it('that is stopped while it waits for the broker stops waiting', async (t) => {
    const app = memoryApp(t, { brokerUrl: 'amqp://127.0.0.1:1' })
    const logger = new RecordingLogger()
    const worker = await app.worker({ logger })
    const starting = worker.start()
    await logger.said(/Trying again in/)
    await worker.stop()
    await starting
    await worker.finished
  })

  it('that may not wait for the broker says so at once', async (t) => {
    const app = memoryApp(t, { brokerUrl: 'amqp://127.0.0.1:1', brokerConnectionRetryOnStartup: false })
    const worker = await app.worker()
    await assert.rejects(
      worker.start(),
      (error) =>
        error instanceof CeleryError &&
        /^Gave up: cannot connect to amqp:\/\/127.0.0.1:1.*correct 'brokerUrl'/s.test(error.message),
    )
    await worker.finished
  })

  it('that cannot keep results, or import its tasks, does not start', async (t) => {
    const wrongBackend = await memoryApp(t, { resultBackend: 'abacus://' }).worker()
    await assert.rejects(wrongBackend.start(), ImproperlyConfigured)
    const wrongImport = await memoryApp(t, { imports: ['./no-such-tasks.ts'] }).worker()
    await assert.rejects(
      wrongImport.start(),
      /no-such-tasks.ts, named in 'imports' or 'include', cannot be imported/,
    )
  })

  it('that cannot go on tells who waits for its end', async (t) => {
    const app = memoryApp(t)
    await using running = await RunningWorker.start(app)
    const finished = assert.rejects(running.worker.finished, /no way back/)
    app.newConnection = () => {
      throw new CeleryError('no way back')
    }
    running.worker.consumer.restart(new Error('the broker is gone'))
    await finished
    assert.match(running.logger.text('error'), /The worker cannot go on.*no way back/s)
  })
})
