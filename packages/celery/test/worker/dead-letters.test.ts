import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, mock } from 'node:test'
import type { Payload } from '@voice-pocket/kombu'
import { BackendError, type Celery } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

/** Publishes a message as a stranger might. */
async function publish(app: Celery, payload: Partial<Payload>): Promise<void> {
  const channel = await app.connection.channel()
  const json = { contentType: 'application/json', contentEncoding: 'utf-8' }
  const whole = { ...json, headers: {}, properties: {}, body: Buffer.from('[[], {}, null]'), ...payload }
  await channel.basicPublish(whole, { exchange: '', routingKey: 'celery' })
  await channel.close()
}

describe('a message that no task can be found for', { timeout: 120_000 }, () => {
  it('waits in the queue of that name in the settings', async (t) => {
    const app = memoryApp(t, { workerDeadLetterQueue: 'morgue' })
    await using running = await RunningWorker.start(app)
    await publish(app, { body: Buffer.from('{}') })
    await running.logger.said(/goes to the dead letters/)
    await running.worker.stop()
    assert.equal(await queueSize(app, 'morgue'), 1)
  })

  it('is tried again when the result backend was away, and takes up no place meanwhile', async (t) => {
    const app = memoryApp(t)
    const backend = await app.backend()
    const markAsFailure = mock.method(backend, 'markAsFailure')
    markAsFailure.mock.mockImplementationOnce(async () => {
      throw new BackendError('the backend is away')
    })
    await using running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 1 })
    const id = randomUUID()
    await publish(app, { headers: { task: 'no.such', id } })
    await running.logger.said(/could not be dealt with; it is delivered again.*the backend is away/s)
    await assert.rejects(app.asyncResult(id).get({ timeout: 30 }), /never registered/)
    await running.worker.stop()
    assert.equal(await queueSize(app, 'celery.dead'), 1)
  })
})

describe('a late-acknowledged task whose result cannot be stored', { timeout: 60_000 }, () => {
  for (const [what, storesFailure] of [
    ['is tried again, though not for ever: it fails and goes to the dead letters', true],
    ['goes to the dead letters also where its failure cannot be stored either', false],
  ] as const) {
    it(what, async (t) => {
      const app = memoryApp(t, { workerMaxDeliveries: 2, taskAcksLate: true })
      const full = async () => {
        throw new BackendError('the disk is full')
      }
      const backend = await app.backend()
      mock.method(backend, 'markAsDone', full)
      if (!storesFailure) mock.method(backend, 'markAsFailure', full)
      let runs = 0
      const task = app.task('t', () => {
        runs += 1
      })
      await using running = await RunningWorker.start(app)
      const result = await task.delay()
      await running.logger.said(/Task t\[.*\] was given up, and goes to the dead letters: the disk is full/)
      if (storesFailure) await assert.rejects(result.get({ timeout: 30 }), /the disk is full/)
      else await running.logger.said(/failed, but nobody can be told.*the disk is full/s)
      await running.worker.stop()
      assert.deepEqual([runs, await queueSize(app), await queueSize(app, 'celery.dead')], [2, 0, 1])
    })
  }
})
