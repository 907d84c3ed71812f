import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryApp, queueSize } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

/** Ends the worker's connection as a lost one ends: unsettled messages go back, and all steps start anew. */
async function loseConnection({ worker, logger }: RunningWorker): Promise<void> {
  worker.consumer.restart(new Error('the network is gone'))
  await logger.said(/Connected to/, 2)
}

describe('a worker that lost its connection', { timeout: 120_000 }, () => {
  it('goes on consuming', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', (x: number) => x)
    await using running = await RunningWorker.start(app)
    assert.equal(await (await task.delay(1)).get({ timeout: 30 }), 1)
    await loseConnection(running)
    assert.equal(await (await task.delay(2)).get({ timeout: 30 }), 2)
    await running.logger.said(/connection to the broker was lost, getting it back: the network is gone/)
    assert.equal((await app.control.ping({ limit: 1, timeout: 10 })).length, 1)
  })

  it('does not run twice what still runs: the message that comes again is acknowledged by the first run', async (t) => {
    const app = memoryApp(t, { taskAcksLate: true })
    const gate = new Gate()
    const task = app.task('t', async () => {
      await gate.pass()
      return 'once'
    })
    await using running = await RunningWorker.start(app)
    const result = await task.delay()
    await gate.entered
    await loseConnection(running)
    await running.logger.said(/came once more while it runs here; it is not run twice/)
    gate.open()
    assert.equal(await result.get({ timeout: 30 }), 'once')
    await running.worker.stop()
    assert.deepEqual([gate.passed, await queueSize(app)], [1, 0])
  })

  it('does not run twice what still waited in the pool', async (t) => {
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
    await loseConnection(running)
    await running.logger.said(/it is not run twice/, 2)
    gate.open()
    assert.deepEqual(await Promise.all(results.map((result) => result.get({ timeout: 30 }))), [0, 1, 2])
    await running.worker.stop()
    assert.deepEqual([gate.passed, await queueSize(app)], [3, 0])
  })

  it('holds again what it held', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    gate.open()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    const soon = await task.applyAsync({ countdown: 1.3 })
    await task.applyAsync({ countdown: 600 })
    await running.logger.said(/received/, 2)
    await loseConnection(running)
    await running.logger.said(/received/, 4)
    await soon.get({ timeout: 30 })
    await running.worker.stop()
    assert.deepEqual([gate.passed, await queueSize(app)], [1, 1])
  })
})
