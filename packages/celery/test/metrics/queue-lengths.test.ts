import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Registry } from 'prom-client'
import { silentLogger } from '../../src/logger.ts'
import { QueueLengths } from '../../src/metrics/queue-lengths.ts'
import { Ground, skipWithout } from '../interop/border.ts'
import { createApp } from '../interop/interop-app.ts'
import { memoryApp } from '../memory-app.ts'
import { PrometheusText } from './prometheus-text.ts'

type Connect = ConstructorParameters<typeof QueueLengths>[0]['connection']

function lengthsOf(connection: Connect, queues: readonly string[]) {
  const register = new Registry()
  new QueueLengths({ connection, queues: () => queues, register, logger: silentLogger })
  const read = async () => new PrometheusText(await register.metrics())
  return { read }
}

describe('lengths of queues', () => {
  it('are told of those that there are, and asked for once by those who ask at once', async (t) => {
    const app = memoryApp(t)
    for (const queue of ['one', 'two', 'two']) await app.sendTask('t', { queue })
    let asked = 0
    const connection = () => {
      asked += 1
      return app.connection
    }
    const { read } = lengthsOf(connection, ['one', 'two', 'two', 'none'])
    const [told] = await Promise.all([read(), read()])
    const length = (queue_name: string) => told.value('celery_queue_length', { queue_name })
    assert.deepEqual([length('one'), length('two'), length('none')], [1, 2, undefined])
    assert.equal(told.value('celery_active_consumer_count', { queue_name: 'one' }), 0)
    assert.equal(asked, 3, 'one channel for each queue')
  })

  for (const [broker, lengthOfNone, consumersOfOne] of [
    ['RabbitMQ', undefined, 0],
    ['Redis', 0, undefined],
  ] as const) {
    it(`are those of ${broker}, which may not know some`, { skip: skipWithout(broker) }, async (t) => {
      const ground = new Ground(broker)
      const app = createApp(ground.settings)
      t.after(async () => {
        await app.close()
        await ground.forget()
      })
      await app.sendTask('t', { queue: ground.ours })
      const told = await lengthsOf(() => app.connection, [ground.ours, 'test.none']).read()
      const value = (name: string, queue_name: string) => told.value(name, { queue_name })
      assert.equal(value('celery_queue_length', ground.ours), 1)
      assert.equal(value('celery_queue_length', 'test.none'), lengthOfNone)
      assert.equal(value('celery_active_consumer_count', ground.ours), consumersOfOne)
      assert.ok(app.connection.isConnected, 'a queue that is not there costs no connection')
    })
  }

  it('hold up nobody when the broker does not answer', async (t) => {
    const app = memoryApp(t)
    const silent = { channel: () => new Promise<never>(() => {}) } as unknown as typeof app.connection
    const { read } = lengthsOf(() => silent, ['one'])
    assert.equal((await read()).value('celery_queue_length'), undefined)
  })

  it('are not told when the broker is away', async (t) => {
    const app = memoryApp(t, { brokerUrl: 'amqp://127.0.0.1:1' })
    const { read } = lengthsOf(() => app.connection, ['one'])
    assert.equal((await read()).value('celery_queue_length'), undefined)
  })
})
