import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type Channel, Consumer, Queue } from '@voice-pocket/kombu'
import { ConsumerStep, ImproperlyConfigured } from '../../../src/index.ts'
import { asked, NODE } from '../../control/asked.ts'
import { memoryApp, queueSize } from '../../memory-app.ts'
import { stepBench } from './step-bench.ts'

const problem =
  /The queue 'orders' would be both a task queue of this worker .* and one of the step \w+: .* give the step another queue\./

describe('a queue of both tasks and a step', { timeout: 60_000 }, () => {
  it('is an error when the worker starts, before a message is taken', async (t) => {
    const { app, send, told } = stepBench(t, () => {})
    await send({ type: 'placed', number: 1 })
    const worker = await app.worker({ queues: ['tasks', 'orders'] })
    await assert.rejects(
      worker.start(),
      (error) => error instanceof ImproperlyConfigured && problem.test(error.message),
    )
    assert.deepEqual(told, [])
    assert.deepEqual([await queueSize(app, 'orders'), await queueSize(app, 'celery.dead')], [1, 0])
  })

  it('is one of any consumer step', async (t) => {
    const app = memoryApp(t, { taskQueues: ['orders'] })
    class Plain extends ConsumerStep {
      getConsumers(channel: Channel) {
        return [new Consumer(channel, { queues: [new Queue('orders')], callbacks: [() => {}] })]
      }
    }
    app.steps.consumer.add(Plain)
    const worker = await app.worker()
    await assert.rejects(worker.start(), problem)
  })

  it('is one when remote control adds it, and the worker goes on', async (t: TestContext) => {
    const handled = Promise.withResolvers<void>()
    const { app, send, start } = stepBench(t, () => handled.resolve())
    await start({ hostname: NODE })
    const { error } = (await asked(app, 'add_consumer', { queue: 'orders' })) as { error: string }
    assert.match(error, problem)
    const queues = (await asked(app, 'active_queues')) as { name: string }[]
    assert.deepEqual(
      queues.map(({ name }) => name),
      ['tasks'],
    )
    await send({ type: 'placed', number: 1 })
    await handled.promise
  })
})
