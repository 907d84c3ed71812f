import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ignore, NotRegistered, Reject, type SignalledTask } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

describe('a worker', { timeout: 120_000 }, () => {
  it('runs tasks and stores what they return', async (t) => {
    const app = memoryApp(t)
    const add = app.task('add', (x: number, y: number = 10) => x + y)
    const later = app.task('later', async (text: string) => ({ text }))
    await using _running = await RunningWorker.start(app)
    assert.equal(await (await add.delay(2, 3)).get({ timeout: 30 }), 5)
    assert.equal(await (await add.applyAsync({ kwargs: { y: 1, x: 2 } })).get({ timeout: 30 }), 3)
    assert.equal(await (await add.delay(2)).get({ timeout: 30 }), 12)
    assert.deepEqual(await (await later.delay('안녕')).get({ timeout: 30 }), { text: '안녕' })
  })

  it('runs as many at once as it may, and no more', async (t) => {
    const app = memoryApp(t)
    let [running, most] = [0, 0]
    const two = Promise.withResolvers<void>()
    const task = app.task('t', async () => {
      running += 1
      most = Math.max(most, running)
      if (running === 2) two.resolve()
      await two.promise
      running -= 1
    })
    await using _running = await RunningWorker.start(app)
    const results = await Promise.all(Array.from({ length: 10 }, () => task.delay()))
    await Promise.all(results.map((result) => result.get({ timeout: 30 })))
    assert.equal(most, 2)
  })

  it('takes no more messages than its slots times the multiplier', async (t) => {
    const app = memoryApp(t, { taskAcksLate: true })
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    for (let i = 0; i < 5; i++) await task.delay()
    await using _running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 3 })
    await gate.entered
    assert.equal(await queueSize(app), 2)
    gate.open()
  })

  it('stores a failure with the error and where it happened', async (t) => {
    const app = memoryApp(t)
    const fail = app.task('fail', (text: string) => {
      throw new RangeError(text)
    })
    await using running = await RunningWorker.start(app)
    const result = await fail.delay('too far')
    await assert.rejects(
      result.get({ timeout: 30 }),
      (error) => error instanceof RangeError && error.message === 'too far',
    )
    assert.match(String(await result.traceback()), /RangeError: too far\n.*tasks\.test\.ts/s)
    await running.logger.said(/Task fail\[.*\] raised unexpected: RangeError: too far/)
  })

  it('fails a call whose arguments do not fit, in Python’s words', async (t) => {
    const app = memoryApp(t)
    app.task('add', (x: number) => x)
    await using _running = await RunningWorker.start(app)
    const result = await app.sendTask('add', { kwargs: { z: 1 } })
    await assert.rejects(
      result.get({ timeout: 30 }),
      /TypeError: add\(\) got an unexpected keyword argument 'z'/,
    )
  })

  it('survives whatever a task throws or returns', async (t) => {
    const app = memoryApp(t, { taskAcksLate: true })
    const strange: Record<string, () => unknown> = {
      null: () => null,
      'no prototype': () => Object.create(null),
      symbol: () => Symbol('s'),
      function: () => () => 1,
      'a message that is no text': () => Object.assign(new Error('x'), { message: { f: () => 1 }, name: 5 }),
    }
    const throwing = app.task('throwing', (what: string) => {
      throw strange[what]?.()
    })
    const returning = app.task('returning', () => () => 1)
    await using running = await RunningWorker.start(app)
    for (const what of Object.keys(strange)) {
      await assert.rejects((await throwing.delay(what)).get({ timeout: 30 }), Error, what)
    }
    await assert.rejects((await returning.delay()).get({ timeout: 30 }), /cannot be stored/)
    await running.worker.stop()
    assert.equal(await queueSize(app), 0)
  })

  it('stores STARTED where that is wanted', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('t', () => gate.pass(), { trackStarted: true })
    await using running = await RunningWorker.start(app)
    const result = await task.delay()
    await gate.entered
    assert.equal(await result.state(), 'STARTED')
    assert.deepEqual(await result.info(), { pid: process.pid, hostname: running.worker.hostname })
    gate.open()
    await result.get({ timeout: 30 })
  })

  it('stores nothing where results are ignored, but failures if those are wanted', async (t) => {
    const app = memoryApp(t, { taskIgnoreResult: true })
    const quiet = app.task('quiet', () => 1)
    const loud = app.task(
      'loud',
      () => {
        throw new Error('heard')
      },
      { storeErrorsEvenIfIgnored: true },
    )
    await using running = await RunningWorker.start(app)
    const result = await quiet.delay()
    await running.logger.said(/Task quiet\[.*\] succeeded/)
    assert.equal(await result.state(), 'PENDING')
    const failed = await loud.delay()
    await running.logger.said(/Task loud\[.*\] raised/)
    assert.match(String(await failed.info()), /heard/)
  })

  it('stores what a caller wants kept, whatever its task says, as in Python', async (t) => {
    const app = memoryApp(t)
    const quiet = app.task('quiet', () => 1, { ignoreResult: true })
    await using _running = await RunningWorker.start(app)
    assert.equal(await (await quiet.applyAsync({ ignoreResult: false })).get({ timeout: 30 }), 1)
    assert.equal(await (await app.sendTask('quiet')).get({ timeout: 30 }), 1)
  })

  it('logs an error that was expected without its traceback', async (t) => {
    const app = memoryApp(t)
    const task = app.task(
      't',
      () => {
        throw new RangeError('often')
      },
      { throws: [RangeError] },
    )
    await using running = await RunningWorker.start(app)
    await task.delay()
    await running.logger.said(/raised expected: RangeError: often/)
    assert.equal(running.logger.text('error'), '')
  })

  it('tells the signals’ receivers how each task ended, one that fails included', async (t) => {
    const app = memoryApp(t)
    const heard: string[] = []
    const note = (what: string) => (payload: { task: SignalledTask }) => {
      heard.push(`${what} ${payload.task.name} ${JSON.stringify(payload.task.arguments().args)}`)
    }
    app.signals.taskSuccess.connect(() => {
      throw new Error('deaf')
    })
    app.signals.taskSuccess.connect(note('success'))
    app.signals.taskFailure.connect(note('failure'))
    const disconnect = app.signals.taskFailure.connect(note('never'))
    disconnect()
    const good = app.task('good', (x: number) => x)
    const bad = app.task('bad', (_x: number) => Promise.reject(new Error('no')))
    await using running = await RunningWorker.start(app)
    await good.delay(1)
    await bad.delay(2)
    await running.logger.said(/receiver of the signal task_success failed.*deaf/s)
    await running.logger.said(/Task bad/, 2)
    await running.worker.stop()
    assert.deepEqual(heard.sort(), ['failure bad [2]', 'success good [1]'])
  })

  describe('acknowledges', () => {
    it('early: a task that was begun is not begun again, and its loss is told', async (t) => {
      const app = memoryApp(t)
      const gate = new Gate()
      const task = app.task('t', () => gate.pass())
      await using running = await RunningWorker.start(app)
      const result = await task.delay()
      await gate.entered
      await running.worker.terminate()
      assert.equal(await queueSize(app), 0)
      await assert.rejects(
        result.get({ timeout: 30 }),
        /WorkerLostError: The worker was told to stop at once/,
      )
      gate.open()
    })

    it('late: a task that did not end is begun again elsewhere', async (t) => {
      const app = memoryApp(t)
      const gate = new Gate()
      let runs = 0
      const task = app.task(
        't',
        async (self) => {
          runs += 1
          if (runs === 1) await gate.pass()
          return self.request.deliveryInfo.redelivered
        },
        { bind: true, acksLate: true },
      )
      await using first = await RunningWorker.start(app)
      const result = await task.delay()
      await gate.entered
      await first.worker.terminate()
      assert.equal(await queueSize(app), 1)
      assert.equal(await result.state(), 'PENDING')
      await using _second = await RunningWorker.start(app)
      assert.equal(await result.get({ timeout: 30 }), true)
      gate.open()
    })
  })

  describe('lets a task choose', () => {
    it('to be ignored: nothing is stored', async (t) => {
      const app = memoryApp(t, { taskAcksLate: true })
      const task = app.task('t', () => {
        throw new Ignore()
      })
      await using running = await RunningWorker.start(app)
      const result = await task.delay()
      await running.logger.said(/Task t\[.*\] ignored/)
      await running.worker.stop()
      assert.deepEqual([await result.state(), await queueSize(app)], ['PENDING', 0])
    })

    it('to refuse its message, for good or to get it again', async (t) => {
      const app = memoryApp(t, { taskAcksLate: true })
      let runs = 0
      const refuse = app.task('refuse', () => {
        throw new Reject('not mine')
      })
      const again = app.task('again', () => {
        runs += 1
        if (runs === 1) throw new Reject('later', { requeue: true })
        return runs
      })
      await using running = await RunningWorker.start(app)
      await refuse.delay()
      await running.logger.said(/Task refuse\[.*\] rejected: not mine/)
      assert.equal(await (await again.delay()).get({ timeout: 30 }), 2)
      await running.logger.said(/Task again\[.*\] rejected, back to its queue: later/)
      await running.worker.stop()
      assert.equal(await queueSize(app), 0)
    })

    it('to be retried, until it succeeds', async (t) => {
      const app = memoryApp(t)
      const retried = Promise.withResolvers<string>()
      const task = app.task(
        't',
        async (self, x: number) => {
          if (self.request.retries < 2) await self.retry({ countdown: 0.05, exc: new Error('not yet') })
          return x + self.request.retries
        },
        { bind: true },
      )
      await using running = await RunningWorker.start(app)
      const result = await task.delay(5)
      for await (const { status, result: stored } of result.watch()) {
        if (status === 'RETRY') retried.resolve(String(stored))
      }
      assert.equal(await retried.promise, 'Error: not yet')
      assert.equal(await result.get(), 7)
      await running.logger.said(/Task t\[.*\] retry: Error: not yet/, 2)
    })
  })

  it('fails a task whose module the pool does not have as not registered', async (t) => {
    const app = memoryApp(t)
    await using running = await RunningWorker.start(app)
    const result = await app.sendTask('no.such.task')
    await assert.rejects(result.get({ timeout: 30 }), NotRegistered)
    await running.logger.said(/goes to the dead letters: Task of kind 'no.such.task' never registered/)
  })
})
