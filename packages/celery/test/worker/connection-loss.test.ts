import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { memoryApp } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { loseConnection, onRabbitMQ, skip } from './on-rabbitmq.ts'

describe('a late-acknowledged task whose connection is lost', { skip, timeout: 120_000 }, () => {
  it('is not run again when it has ended meanwhile', async (t) => {
    const { app, client, proxy, size } = await onRabbitMQ(t, { taskAcksLate: true })
    const gate = new Gate()
    app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    await client.sendTask('t')
    await gate.entered
    proxy.cut()
    await running.logger.said(/getting it back/)
    gate.open()
    await running.logger.said(/ended while the connection was lost/)
    proxy.restore()
    await running.logger.said(/came once more though it has ended here; it is not run twice/)
    await running.worker.stop()
    assert.deepEqual([gate.passed, await size()], [1, 0])
  })

  it('is acknowledged by a worker that is finishing, which takes nothing else', async (t) => {
    const { app, client, proxy, size } = await onRabbitMQ(t, { taskAcksLate: true })
    const gate = new Gate()
    app.task('t', async (x: number) => {
      await gate.pass()
      return x
    })
    await using running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 1 })
    const result = await client.sendTask('t', { args: [1] })
    await gate.entered
    await client.sendTask('t', { args: [2] })
    const stopping = running.worker.stop()
    proxy.cut()
    await running.logger.said(/lost while the last tasks run; getting it back/)
    proxy.restore()
    await running.logger.said(/came once more while it runs here; it is not run twice/)
    gate.open()
    await stopping
    assert.deepEqual([await result.get({ timeout: 20 }), gate.passed, await size()], [1, 1, 1])
    assert.equal(
      running.logger
        .text('error')
        .replaceAll(/.*Trying again.*/g, '')
        .trim(),
      '',
    )
  })

  it('is acknowledged also when it ends while a worker that is finishing has no connection', async (t) => {
    const { app, client, proxy, size } = await onRabbitMQ(t, { taskAcksLate: true })
    const gate = new Gate()
    app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app)
    await client.sendTask('t')
    await gate.entered
    const stopping = running.worker.stop()
    proxy.cut()
    await running.logger.said(/lost while the last tasks run/)
    gate.open()
    await running.logger.said(/ended while the connection was lost/)
    proxy.restore()
    await stopping
    assert.deepEqual([gate.passed, await size()], [1, 0])
  })

  it('is ended, and begins again, where that is wanted', async (t) => {
    const { app, client, proxy, size } = await onRabbitMQ(t, {
      taskAcksLate: true,
      workerCancelLongRunningTasksOnConnectionLoss: true,
    })
    const heard: string[] = []
    app.signals.taskRetry.connect(({ reason }) => void heard.push(reason.message))
    let runs = 0
    app.task(
      't',
      async (self) => {
        runs += 1
        if (runs > 1) return runs
        await once(self.request.signal, 'abort')
        throw self.request.signal.reason
      },
      { bind: true },
    )
    await using running = await RunningWorker.start(app)
    const told: string[] = []
    running.worker.consumer.parts.reporter.listen(({ type }) => void told.push(type))
    const result = await client.sendTask('t')
    await running.logger.said(/received/)
    await loseConnection(proxy, running)
    assert.equal(await result.get({ timeout: 20 }), 2)
    await running.logger.said(/cannot be acknowledged after a connection loss/)
    await running.worker.stop()
    assert.deepEqual([heard, await size()], [['cancelled by Celery'], 0])
    assert.equal(told.filter((type) => type === 'task-cancelled').length, 1)
  })
})

describe('the prefetch count after a lost connection', { timeout: 120_000 }, () => {
  for (const [reduces, expected] of [
    [true, [4, 6, 8]],
    [false, [8, 8, 8]],
  ] as const) {
    it(`is ${reduces ? 'less while tasks run, and grows as they end' : 'as before, where that is wanted'}`, async (t) => {
      const app = memoryApp(t, { workerEnablePrefetchCountReduction: reduces })
      const gates = [new Gate(), new Gate()]
      const task = app.task('t', (index: number) => gates[index]?.pass())
      await using running = await RunningWorker.start(app, { concurrency: 4, prefetchMultiplier: 2 })
      const results = [await task.delay(0), await task.delay(1)]
      for (const gate of gates) await gate.entered
      running.worker.consumer.restart(new Error('the network is gone'))
      await running.logger.said(/Connected to/, 2)
      const counts = [running.worker.consumer.prefetchCount]
      for (const [index, gate] of gates.entries()) {
        const released = new Promise<void>((resolve) => running.worker.state.onReleased(resolve))
        gate.open()
        await released
        await results[index]?.get({ timeout: 20 })
        counts.push(running.worker.consumer.prefetchCount)
      }
      assert.deepEqual(counts, expected)
    })
  }
})
