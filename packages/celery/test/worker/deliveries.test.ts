import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WorkerLostError } from '../../src/index.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

describe('a message that costs children', { timeout: 60_000 }, () => {
  for (const [counted, expected] of [
    [undefined, 3],
    [2, 1],
  ] as const) {
    it(`is given up after ${expected} here when its queue counts ${counted} before`, async (t) => {
      const app = memoryApp(t, { taskAcksLate: true, taskRejectOnWorkerLost: true })
      const task = app.task('t', () => 1)
      app.signals.beforeTaskPublish.connect(({ headers }) => {
        if (counted !== undefined) headers['x-delivery-count'] = counted // as RabbitMQ's quorum queues do
      })
      await using running = await RunningWorker.start(app)
      let runs = 0
      running.worker.pool.run = async (_job, onAccepted) => {
        runs += 1
        onAccepted({ pid: 1 })
        throw new WorkerLostError('its child was killed')
      }
      await assert.rejects((await task.delay()).get({ timeout: 20 }), /its child was killed/)
      assert.equal(runs, expected)
    })
  }
})
