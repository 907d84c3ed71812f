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
    await assert.rejects(app.asyncResult(id).get({ timeout: 10 }), /never registered/)
    await running.worker.stop()
    assert.equal(await queueSize(app, 'celery.dead'), 1)
  })
})
