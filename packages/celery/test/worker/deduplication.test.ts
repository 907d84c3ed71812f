import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { Connection } from '@voice-pocket/kombu'
import { Celery } from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'

const amqp = serviceFrom('AMQP_URL')
const redis = serviceFrom('REDIS_URL')
const skip = amqp.skip || redis.skip

function appOf(t: TestContext, workerDeduplicateSuccessfulTasks: boolean) {
  const name = `test.${randomUUID()}`
  const settings = { taskDefaultQueue: name, resultBackend: redis.value, workerPool: 'async' } as const
  const app = new Celery('test', { brokerUrl: amqp.value, ...settings, workerDeduplicateSuccessfulTasks })
  t.after(async () => {
    await app.close()
    await using connection = await new Connection(amqp.value).connect()
    const channel = await connection.channel()
    await channel.queueDelete(name)
    await channel.exchangeDelete(name)
  })
  const runs: string[] = []
  const record = (what: string) => void runs.push(what)
  app.task('late', record, { acksLate: true })
  app.task('early', record)
  return { app, runs }
}

/** Sends a task and takes its message once, as a worker that died before it could acknowledge. */
async function deliveredBefore(app: Celery, task: string, what: string): Promise<string> {
  const { id } = await app.sendTask(task, { args: [what] })
  const channel = await app.connection.channel()
  assert.ok(await channel.basicGet(app.conf.taskDefaultQueue))
  await channel.close()
  return id
}

describe('a message that comes again', { skip, timeout: 60_000 }, () => {
  it('is not run again where its task has succeeded, is acknowledged late, and the setting says so', async (t) => {
    const { app, runs } = appOf(t, true)
    const done = await deliveredBefore(app, 'late', 'done')
    await (await app.backend()).storeResult(done, 'kept', 'SUCCESS')
    const failed = await deliveredBefore(app, 'late', 'failed')
    await (await app.backend()).markAsFailure(failed, new Error('of the first run'))
    await deliveredBefore(app, 'late', 'unfinished')
    const early = await deliveredBefore(app, 'early', 'early')
    await (await app.backend()).storeResult(early, null, 'SUCCESS')
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    await running.logger.said(/succeeded in/, 3)
    await running.logger.said(new RegExp(`late\\[${done}\\] succeeded before`))
    assert.deepEqual(runs, ['failed', 'unfinished', 'early'])
    assert.equal(await app.asyncResult(done).get({ timeout: 30 }), 'kept')
    await running.worker.stop()
    const { messageCount } = await app.connection.ensure((channel) =>
      channel.queueDeclare(app.conf.taskDefaultQueue, { passive: true }),
    )
    assert.equal(messageCount, 0)
  })

  it('is run again where the setting does not say so', async (t) => {
    const { app, runs } = appOf(t, false)
    const done = await deliveredBefore(app, 'late', 'done')
    await (await app.backend()).storeResult(done, 'kept', 'SUCCESS')
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    await running.logger.said(/succeeded in/)
    assert.deepEqual(runs, ['done'])
  })
})
