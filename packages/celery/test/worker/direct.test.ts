import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { Connection } from '@voice-pocket/kombu'
import { Celery, workerDirect } from '../../src/index.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'

describe('the queue of one worker', () => {
  it('is named and bound as Python’s', (t) => {
    const { name, routingKey, exchange, durable, queueArguments } = workerDirect('w1@example.com')
    assert.deepEqual([name, routingKey], ['w1@example.com.dq2', 'w1@example.com'])
    assert.deepEqual([exchange.name, exchange.type, durable], ['C.dq2', 'direct', true])
    assert.deepEqual(queueArguments, {})
    const app = memoryApp(t, { taskCreateMissingQueueType: 'quorum' })
    assert.deepEqual(app.amqp.queues.get('w1@example.com.dq2'), workerDirect('w1@example.com'))
  })

  for (const variable of ['AMQP_URL', 'REDIS_URL'] as const) {
    const { value: brokerUrl, skip } = serviceFrom(variable)
    it(`brings a task to just that worker, by queue and by exchange (${variable})`, { skip }, async (t) => {
      const nodes = ['one', 'two'].map((name) => `${name}@${randomUUID()}`)
      const app = direct(t, brokerUrl, nodes)
      await using _one = await RunningWorker.start(app, { hostname: String(nodes[0]) })
      await using _two = await RunningWorker.start(app, { hostname: String(nodes[1]) })
      for (const node of [...nodes, ...nodes]) {
        const byQueue = await app.sendTask('who', { queue: workerDirect(node).name })
        const byExchange = await app.sendTask('who', { exchange: 'C.dq2', routingKey: node })
        assert.deepEqual(
          [await byQueue.get({ timeout: 20 }), await byExchange.get({ timeout: 20 })],
          [node, node],
        )
      }
    })
  }
})

function direct(t: TestContext, brokerUrl: string, nodes: readonly string[]): Celery {
  const name = `test.${randomUUID()}`
  const settings = { taskDefaultQueue: name, resultBackend: 'rpc://', workerPool: 'async' } as const
  const app = new Celery('test', { brokerUrl, ...settings, workerDirect: true })
  app.task('who', (self) => self.request.hostname, { bind: true })
  t.after(async () => {
    await app.close()
    await using connection = await new Connection(brokerUrl).connect()
    const channel = await connection.channel()
    for (const queue of [name, ...nodes.map((node) => `${node}.dq2`)]) await channel.queueDelete(queue)
    await channel.exchangeDelete(name)
  })
  return app
}
