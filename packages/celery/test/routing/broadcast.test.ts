import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { Broadcast } from '@voice-pocket/kombu'
import { Celery } from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'

const amqp = serviceFrom('AMQP_URL')

/** Apps as they are in two processes: each with a broadcast queue of its own on the same exchange. */
function twoApps(t: TestContext, brokerUrl: string) {
  const exchange = `test.${randomUUID()}`
  const ran: string[] = []
  const both = Promise.withResolvers<void>()
  const apps = ['first', 'second'].map((name) => {
    const app = new Celery(name, { brokerUrl, taskQueues: [new Broadcast(exchange)], workerPool: 'async' })
    t.after(() => app.close())
    app.task('tasks.reload', (what: string) => {
      ran.push(`${name} reloads ${what}`)
      if (ran.length === 2) both.resolve()
    })
    return app
  })
  return { apps, exchange, ran, both: both.promise }
}

describe('a task on a broadcast queue', () => {
  const brokers = [
    { name: 'memory', url: `memory://${randomUUID()}`, skip: false },
    { name: 'RabbitMQ', url: amqp.value, skip: amqp.skip },
  ]
  for (const { name, url, skip } of brokers) {
    it(`is run by every worker, on ${name}`, { skip }, async (t) => {
      const { apps, exchange, ran, both } = twoApps(t, url)
      const [first, second] = apps as [Celery, Celery]
      await using _one = await RunningWorker.start(first)
      await using _two = await RunningWorker.start(second)
      const client = new Celery('client', { brokerUrl: url, taskQueues: [new Broadcast(exchange)] })
      t.after(() => client.close())
      await client.sendTask('tasks.reload', { args: ['the map'], queue: exchange })
      await both
      assert.deepEqual(ran.toSorted(), ['first reloads the map', 'second reloads the map'])
    })
  }
})
